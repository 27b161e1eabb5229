import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { type Forwarded, forward, hasPassed } from './forward.ts';
import type { Transport } from './send.ts';
import { verify } from './verify.ts';

/** Nobody on the network can send here. */
const LOOPBACK = '127.0.0.1';
/** The largest body that is taken. */
const MAX_BODY_BYTES = 1_000_000;

/** What is listened for, and what is done with it. */
export interface Listening {
  /** 0 takes a free one. */
  port: number;
  secret: string | undefined;
  /** How far a delivery's time may be from now. */
  toleranceSeconds: number;
  /** Where deliveries that are right are passed on to. */
  forwardTo: string | undefined;
  transport: Transport;
  now(): Date;
  onDelivery(delivery: Arrival): Promise<void>;
}

/** A request that came in, and what was answered. */
export interface Arrival {
  receivedOn: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Null where it was not taken whole. */
  body: Buffer | null;
  /** `not_checked` where there is no secret to check with. */
  signature: 'right' | 'wrong' | 'missing' | 'expired' | 'not_checked';
  /** What is wrong with the request, as a sentence. */
  problem: string | null;
  forwarded: Forwarded | null;
  answered: number;
}

/**
 * Receives deliveries on the loopback interface until it is closed: checks each, passes it on, answers, and tells of it.
 * @throws ConflictError when the port is taken, InvalidInputError when it may not be used
 */
export async function listen(listening: Listening): Promise<AsyncDisposable & { url: string }> {
  const id = `webmacs-${randomUUID()}`;
  const server = createServer((request, response) => {
    receive(request, response, listening, id).catch(() => response.destroy());
  });
  try {
    await once(server.listen(listening.port, LOOPBACK), 'listening');
  } catch (error) {
    throw portFailure(error, listening.port);
  }
  const { port } = server.address() as AddressInfo;
  return { url: `http://${LOOPBACK}:${port}/`, [Symbol.asyncDispose]: async () => await close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function portFailure(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new ConflictError(`Port ${port} is taken by another program.`, {
      hint: 'Choose another with --port, or --port 0 for any that is free.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'ERR_SOCKET_BAD_PORT') {
    return new InvalidInputError(`Port ${port} may not be used.`, {
      hint: 'Use one from 1024 to 65535.',
      cause: error,
    });
  }
  return error;
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  listening: Listening,
  id: string,
): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const flat = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  const arrival: Arrival = {
    receivedOn: isoTimestamp(listening.now().toISOString()),
    method,
    path,
    headers: Object.fromEntries(flat),
    body: await bodyOf(request),
    signature: 'not_checked',
    problem: null,
    forwarded: null,
    answered: 200,
  };
  const judged = { ...arrival, ...judge(arrival, listening, id) };
  const forwarded =
    judged.problem === null && listening.forwardTo !== undefined && judged.body !== null
      ? await forward(listening.forwardTo, judged.headers, judged.body, id, listening.transport)
      : null;
  const answered = forwarded?.code ?? (forwarded ? 502 : judged.answered);
  response.writeHead(answered, {
    'content-type': forwarded?.contentType ?? 'text/plain; charset=utf-8',
    // What is left of a body that is too large is not waited for.
    ...(judged.body === null ? { connection: 'close' } : {}),
  });
  response.end(forwarded?.body ?? `${judged.problem ?? forwarded?.problem ?? 'received'}\n`);
  await listening.onDelivery({ ...judged, forwarded, answered });
}

/** The whole body, or null when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left before its end, a request would be cut off without an answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Judgement = Partial<Pick<Arrival, 'signature' | 'problem' | 'answered'>>;

function judge({ method, headers, body }: Arrival, listening: Listening, id: string): Judgement {
  if (method !== 'POST') {
    return { problem: `A delivery is a POST; this is a ${method}.`, answered: 405 };
  }
  if (hasPassed(headers.via, id)) {
    return { problem: 'It has come by here before: it is being forwarded in a circle.', answered: 508 };
  }
  if (body === null) {
    return { problem: 'The body is too large: at most 1 MB is taken.', answered: 413 };
  }
  const { secret, toleranceSeconds } = listening;
  if (secret === undefined) {
    return {};
  }
  const { 'x-webhook-timestamp': timestamp, 'x-webhook-signature': signature } = headers;
  if (timestamp === undefined || signature === undefined) {
    const missing = signature === undefined ? 'X-Webhook-Signature' : 'X-Webhook-Timestamp';
    return { signature: 'missing', problem: `It has no header ${missing}.`, answered: 401 };
  }
  const verdict = verify({ secret, timestamp, signature, body }, listening.now(), toleranceSeconds);
  if (verdict.signature === 'right') {
    return { signature: 'right' };
  }
  const problem = [verdict.reason, verdict.guess].filter(Boolean).join(' ');
  return { signature: verdict.signature, problem, answered: 401 };
}
