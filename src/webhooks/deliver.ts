import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError } from '../errors.ts';
import { beginAttempt, type DeliveryRow, endAttempt } from './deliveries.ts';
import { type Failure, failureOfStatus } from './failure.ts';
import { type Exchange, send, type Transport } from './send.ts';
import { sign, signedBytes } from './sign.ts';
import { maskedUrl } from './url.ts';
import type { WebhookRow } from './webhooks.ts';

/** How much of a response body is kept for display. */
const KEPT_BODY_BYTES = 2048;
const FIRST_PAUSE_SECONDS = 2;

/** How a delivery is made; every property has a default. */
export interface Policy extends Omit<Transport, 'maxBodyBytes'> {
  /** Attempts after the first, 2 by default. The pause before a retry is 2 s at first and doubles each time. */
  retries: number;
  now(): Date;
  /** Waits for that many seconds, or until the signal is aborted. */
  pause(seconds: number, signal: AbortSignal): Promise<void>;
}

const DEFAULTS = {
  retries: 2,
  timeoutSeconds: 10,
  insecure: false,
  now: () => new Date(),
  pause: async (seconds: number, signal: AbortSignal) => await sleep(seconds * 1000, undefined, { signal }),
};

/** One attempt with all details needed to debug it. The secret is nowhere in it. */
export interface Attempt {
  /** Starts at 1; a redelivery continues the count. */
  number: number;
  /** Unix seconds, as sent. */
  timestamp: string;
  /** The headers that are part of the protocol, as sent. */
  requestHeaders: Record<string, string>;
  /** The signed text and its signature; null for a webhook without a secret. */
  signed: string | null;
  signature: string | null;
  exchange: Exchange;
  /** Null for a 2xx response. */
  failure: Failure | null;
}

/** The result of a delivery. */
export interface Outcome {
  delivery: DeliveryRow;
  webhook: WebhookRow;
  attempts: Attempt[];
}

/**
 * Sends a recorded delivery, with up to `1 + retries` attempts. The row is updated as the server does it: `pending`, with
 * the error of the last attempt, until it is `delivered` or a `dead_letter`. Each attempt is counted before it is made.
 *
 * @example
 * ```ts
 * const { em } = database;
 * const webhook = await em.findOneOrFail(Webhook, { user: { username: 'ada' } });
 * const delivery = await newDelivery(em, webhook, 'sensor.reading', JSON.stringify({ value: 42 }));
 * const { attempts } = await deliver(em, webhook, delivery, { timeoutSeconds: 5, retries: 0 });
 * console.log(delivery.status, attempts.length, delivery.responseCode);
 * // delivered 1 200
 * ```
 * @param given overrides the defaults: 2 retries, 10 s per attempt, proxies from the environment
 * @param onAttempt called after each attempt with the pause before the next one, if any
 * @throws the signal's reason when it is aborted: the row then shows the attempt that was started;
 * ConflictError when another process is making the same delivery
 */
export async function deliver(
  em: EntityManager,
  webhook: WebhookRow,
  delivery: DeliveryRow,
  given: Partial<Policy> = {},
  onAttempt: (attempt: Attempt, pauseSeconds: number | undefined) => Promise<void> = async () => {},
): Promise<Outcome> {
  const policy = { ...DEFAULTS, signal: new AbortController().signal, environment: process.env, ...given };
  const attempts: Attempt[] = [];
  for (let retry = 0; ; retry++) {
    if (!(await beginAttempt(em, delivery))) {
      throw new ConflictError(`Delivery ${delivery.publicId} is being made by another process.`, {
        hint: 'Look at its status with "webmacs webhooks deliveries".',
      });
    }
    const attempt = await tryOnce(webhook, delivery, policy);
    attempts.push(attempt);
    const { failure, exchange } = attempt;
    const isLast = failure === null || retry >= policy.retries;
    const responseCode = exchange.answer?.code ?? null;
    if (failure === null) {
      const deliveredOn = isoTimestamp(policy.now().toISOString());
      await endAttempt(em, delivery, { status: 'delivered', lastError: null, responseCode, deliveredOn });
    } else {
      const status = isLast ? 'dead_letter' : 'pending';
      await endAttempt(em, delivery, { status, lastError: failure.message, responseCode });
    }
    const pauseSeconds = isLast ? undefined : FIRST_PAUSE_SECONDS * 2 ** retry;
    await onAttempt(attempt, pauseSeconds);
    if (pauseSeconds === undefined) {
      return { delivery, webhook, attempts };
    }
    await policy.pause(pauseSeconds, policy.signal);
  }
}

async function tryOnce(webhook: WebhookRow, delivery: DeliveryRow, policy: Policy): Promise<Attempt> {
  const { url, secret } = webhook;
  const body = Buffer.from(delivery.payload, 'utf8');
  const timestamp = String(Math.floor(policy.now().getTime() / 1000));
  // The server treats an empty secret as none, too.
  const signature = secret ? sign(secret, timestamp, body) : null;
  const requestHeaders = {
    'Content-Type': 'application/json',
    'X-Webhook-Timestamp': timestamp,
    ...(signature !== null && { 'X-Webhook-Signature': signature }),
  };
  const transport = { ...policy, maxBodyBytes: KEPT_BODY_BYTES };
  const exchange = redacted(await send({ url, headers: requestHeaders, body }, transport), secret);
  return {
    number: delivery.attempts,
    timestamp,
    requestHeaders,
    signed: signature === null ? null : signedBytes(timestamp, body).toString('utf8'),
    signature,
    exchange,
    failure: exchange.failure ?? failureOfAnswer(exchange),
  };
}

function failureOfAnswer({ answer }: Exchange): Failure | null {
  if (!answer || (answer.code >= 200 && answer.code < 300)) {
    return null;
  }
  const location = answer.headers.find(([name]) => name === 'location')?.[1] ?? null;
  return failureOfStatus(answer.status, answer.code, location, answer.body.toString('utf8'));
}

/** Masks the secret: a receiver that is being debugged may send it back. */
function redacted({ answer, ...rest }: Exchange, secret: string | null | undefined): Exchange {
  if (!answer) {
    return rest;
  }
  const mask = (text: string) => (secret ? text.replaceAll(secret, '***') : text);
  const { body, bodyComplete } = answer;
  const masked = secret && body.includes(secret) ? Buffer.from(mask(body.toString('utf8'))) : body;
  return {
    ...rest,
    answer: {
      ...answer,
      status: mask(answer.status),
      headers: answer.headers.map(([name, value]) => [
        name,
        name === 'location' ? maskedUrl(mask(value)) : mask(value),
      ]),
      body: bodyComplete || !secret ? masked : withoutPartialSecret(Buffer.from(secret), masked),
    },
  };
}

/** Cuts off a secret that may start at the end of a truncated body. */
function withoutPartialSecret(secret: Buffer, body: Buffer): Buffer {
  for (let length = Math.min(secret.length, body.length); length > 0; length--) {
    if (body.subarray(-length).equals(secret.subarray(0, length))) {
      return body.subarray(0, -length);
    }
  }
  return body;
}
