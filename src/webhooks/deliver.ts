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

/** How much of the body of an answer is kept for the person who looks into it. */
const KEPT_BODY_BYTES = 2048;
const FIRST_PAUSE_SECONDS = 2;

/** How a delivery is made; each has a default. */
export interface Policy extends Omit<Transport, 'maxBodyBytes'> {
  /** Attempts after the first, 2 by default; the pause before them is 2 s, then 4 s, and doubles further. */
  retries: number;
  now(): Date;
  /** Waits so many seconds, unless the signal is aborted. */
  pause(seconds: number, signal: AbortSignal): Promise<void>;
}

const DEFAULTS = {
  retries: 2,
  timeoutSeconds: 10,
  insecure: false,
  now: () => new Date(),
  pause: async (seconds: number, signal: AbortSignal) => await sleep(seconds * 1000, undefined, { signal }),
};

/** One attempt, with all that helps to understand it. Nothing in it is or contains the secret. */
export interface Attempt {
  /** From 1; a delivery that is made again counts on. */
  number: number;
  /** Unix seconds, as sent. */
  timestamp: string;
  /** The headers that are part of the protocol, as sent. */
  requestHeaders: Record<string, string>;
  /** The text that was signed and its signature; null for a webhook without a secret. */
  signed: string | null;
  signature: string | null;
  exchange: Exchange;
  /** Null for an answer of 2xx. */
  failure: Failure | null;
}

/** What came of a delivery. */
export interface Outcome {
  delivery: DeliveryRow;
  webhook: WebhookRow;
  attempts: Attempt[];
}

/**
 * Makes a recorded delivery: up to `1 + retries` attempts. The row is kept as the server keeps it: `pending` with the
 * attempt counted before it is made, `failed` with its error between attempts, and at the end `delivered` or `dead_letter`.
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
 * @param given how, where it is not to be the default: 2 retries, 10 s an attempt, proxies as the environment says
 * @param onAttempt told of each attempt as it ends, and of the pause that follows
 * @throws the signal's reason when it is aborted: the row then tells of the attempt that was begun;
 * ConflictError when somebody else makes the same delivery
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
      throw new ConflictError(`Delivery ${delivery.publicId} is being made by somebody else.`);
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
      const status = isLast ? 'dead_letter' : 'failed';
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
  // A secret that is empty is none to the server either.
  const signature = secret ? sign(secret, timestamp, body) : null;
  const requestHeaders = {
    'Content-Type': 'application/json',
    'X-Webhook-Timestamp': timestamp,
    ...(signature === null ? {} : { 'X-Webhook-Signature': signature }),
  };
  const transport = { ...policy, maxBodyBytes: KEPT_BODY_BYTES };
  const exchange = fitToShow(await send({ url, headers: requestHeaders, body }, transport), secret);
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

/** A receiver knows the secret, and one that is being debugged may well send it back. */
function fitToShow({ answer, ...rest }: Exchange, secret: string | null | undefined): Exchange {
  if (!answer) {
    return rest;
  }
  const clean = (text: string) => (secret ? text.replaceAll(secret, '***') : text);
  const { body, bodyComplete } = answer;
  const cleaned = secret && body.includes(secret) ? Buffer.from(clean(body.toString('utf8'))) : body;
  return {
    ...rest,
    answer: {
      ...answer,
      status: clean(answer.status),
      headers: answer.headers.map(([name, value]) => maskedHeader([name, clean(value)])),
      body: bodyComplete || !secret ? cleaned : withoutBeginningOf(Buffer.from(secret), cleaned),
    },
  };
}

/** A body that goes on without a secret that may have begun at the end of what was read. */
function withoutBeginningOf(secret: Buffer, body: Buffer): Buffer {
  for (let length = Math.min(secret.length, body.length); length > 0; length--) {
    if (body.subarray(-length).equals(secret.subarray(0, length))) {
      return body.subarray(0, -length);
    }
  }
  return body;
}

function maskedHeader([name, value]: [string, string]): [string, string] {
  return [name, name === 'location' ? maskedUrl(value) : value];
}
