import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { type ForwardResult, forward, hasForwarded } from './forward.ts';
import type { Transport } from './send.ts';
import { verify } from './verify.ts';

/** Not reachable from the network. */
const LOOPBACK = '127.0.0.1';
/** The maximum size of a body. */
const MAX_BODY_BYTES = 1_000_000;

/** Where to listen, and what to do with deliveries. */
export interface ListenSettings {
  /** 0 for any free port. */
  port: number;
  secret: string | undefined;
  /** How far the timestamp of a delivery may be from now. */
  toleranceSeconds: number;
  /** Where valid deliveries are forwarded to. */
  forwardTo: string | undefined;
  transport: Transport;
  now(): Date;
  /** Called after each request was answered. */
  onRequest(request: ReceivedRequest): Promise<void>;
}

/** A received request, and how it was answered. */
export interface ReceivedRequest {
  receivedOn: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Null if it was too large. */
  body: Buffer | null;
  /** `not_checked` if there is no secret. */
  signature: 'right' | 'wrong' | 'missing' | 'expired' | 'not_checked';
  /** What is wrong with the request, as a sentence. */
  problem: string | null;
  forwarded: ForwardResult | null;
  answered: number;
}

/**
 * Receives deliveries on the loopback interface until it is closed: verifies, forwards, answers and reports each one.
 * @throws ConflictError when the port is in use, InvalidInputError when it is not allowed
 */
export async function listen(settings: ListenSettings): Promise<AsyncDisposable & { url: string }> {
  const id = `webmacs-${randomUUID()}`;
  const server = createServer((request, response) => {
    receive(request, response, settings, id).catch(() => response.destroy());
  });
  try {
    await once(server.listen(settings.port, LOOPBACK), 'listening');
  } catch (error) {
    throw portFailure(error, settings.port);
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
    return new ConflictError(`Port ${port} is already in use.`, {
      hint: 'Choose another port with --port, or any free port with --port 0.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'ERR_SOCKET_BAD_PORT') {
    return new InvalidInputError(`Port ${port} cannot be used.`, {
      hint: 'Use a port from 1024 to 65535.',
      cause: error,
    });
  }
  return error;
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ListenSettings,
  id: string,
): Promise<void> {
  const { method = '', url: path = '', headers } = request;
  const flat = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  const received: ReceivedRequest = {
    receivedOn: isoTimestamp(settings.now().toISOString()),
    method,
    path,
    headers: Object.fromEntries(flat),
    body: await readBody(request),
    signature: 'not_checked',
    problem: null,
    forwarded: null,
    answered: 200,
  };
  const checked = { ...received, ...check(received, settings, id) };
  const forwarded =
    checked.problem === null && settings.forwardTo !== undefined && checked.body !== null
      ? await forward(settings.forwardTo, checked.headers, checked.body, id, settings.transport)
      : null;
  const answered = forwarded?.code ?? (forwarded ? 502 : checked.answered);
  response.writeHead(answered, {
    'content-type': forwarded?.contentType ?? 'text/plain; charset=utf-8',
    // The rest of a body that is too large is not read.
    ...(checked.body === null ? { connection: 'close' } : {}),
  });
  response.end(forwarded?.body ?? `${checked.problem ?? forwarded?.problem ?? 'received'}\n`);
  await settings.onRequest({ ...checked, forwarded, answered });
}

/** Reads the whole body; null if it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early would otherwise close the connection before it was answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Check = Partial<Pick<ReceivedRequest, 'signature' | 'problem' | 'answered'>>;

function check({ method, headers, body }: ReceivedRequest, settings: ListenSettings, id: string): Check {
  if (method !== 'POST') {
    return { problem: `A delivery is a POST request, not ${method}.`, answered: 405 };
  }
  if (hasForwarded(headers.via, id)) {
    return { problem: 'The delivery is forwarded in a loop: it was already received here.', answered: 508 };
  }
  if (body === null) {
    return { problem: 'The body is too large: the maximum is 1 MB.', answered: 413 };
  }
  const { secret, toleranceSeconds } = settings;
  if (secret === undefined) {
    return {};
  }
  const { 'x-webhook-timestamp': timestamp, 'x-webhook-signature': signature } = headers;
  if (timestamp === undefined || signature === undefined) {
    const missing = signature === undefined ? 'X-Webhook-Signature' : 'X-Webhook-Timestamp';
    return { signature: 'missing', problem: `The header ${missing} is missing.`, answered: 401 };
  }
  const verdict = verify({ secret, timestamp, signature, body }, settings.now(), toleranceSeconds);
  if (verdict.signature === 'right') {
    return { signature: 'right' };
  }
  return {
    signature: verdict.signature,
    problem: [verdict.reason, verdict.guess].filter(Boolean).join(' '),
    answered: 401,
  };
}
