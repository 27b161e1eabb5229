import { STATUS_CODES } from 'node:http';
import { VERSION } from '../version.ts';
import { type Failure, failureOfRequest } from './failure.ts';
import { type ProxyEnvironment, proxyFor } from './proxy.ts';
import { maskedUrl } from './url.ts';

/** A POST request to send. */
export interface OutgoingRequest {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** How requests are sent. */
export interface Transport {
  /** Contains the proxy variables. */
  environment: ProxyEnvironment;
  /** Whether certificates are not checked. */
  insecure: boolean;
  timeoutSeconds: number;
  /** How much of the response body is read. */
  maxBodyBytes: number;
  signal: AbortSignal;
}

export interface Answer {
  code: number;
  /** Code and reason phrase, such as `404 Not Found`. */
  status: string;
  headers: [name: string, value: string][];
  /** The beginning of the body. */
  body: Buffer;
  bodyComplete: boolean;
}

/** The result of a request: an answer with any status, or a failure. Times are in milliseconds from the start. */
export interface Exchange {
  answer?: Answer;
  failure?: Failure;
  firstByteMs: number | null;
  totalMs: number;
  proxy: string | null;
}

/**
 * Sends one POST request, without following redirects. Only the first bytes of the answer are read; then the connection is
 * closed.
 * @throws the signal's reason when it is aborted; InvalidInputError for an invalid proxy variable
 */
export async function send({ url, headers, body }: OutgoingRequest, transport: Transport): Promise<Exchange> {
  const { timeoutSeconds, maxBodyBytes, signal } = transport;
  if (!URL.canParse(url)) {
    // Stored by another program.
    const message = `"${maskedUrl(url)}" is not a valid URL.`;
    const failure = { kind: 'url', message, hint: 'Change it: webmacs webhooks update WEBHOOK --url URL' };
    return { failure, firstByteMs: null, totalMs: 0, proxy: null };
  }
  const target = new URL(url);
  const proxy = proxyFor(target, transport.environment);
  const authorization = takeCredentials(target);
  const { connect } = await import('./connection.ts');
  const connection = connect(target.origin, proxy, transport.insecure);
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) * 10) / 10;
  const proxyOrigin = proxy?.origin ?? null;
  const limit = withTimeout(signal, timeoutSeconds);
  try {
    // The connection has the port: fetch refuses those of other protocols, unlike the server.
    const response = await fetch(Object.assign(new URL(target), { port: '' }), {
      method: 'POST',
      headers: { 'User-Agent': `webmacs/${VERSION}`, ...headers, ...authorization },
      body,
      redirect: 'manual',
      signal: limit.signal,
      dispatcher: connection.dispatcher,
      // Node's own types of the dispatcher are those of another version of undici.
    } as unknown as RequestInit);
    const firstByteMs = elapsed();
    const answer = {
      code: response.status,
      // A proxy drops the reason phrase.
      status: `${response.status} ${response.statusText || (STATUS_CODES[response.status] ?? '')}`.trim(),
      headers: [...response.headers],
      ...(await readStart(response.body, maxBodyBytes)),
    };
    signal.throwIfAborted();
    return { answer, firstByteMs, totalMs: elapsed(), proxy: proxyOrigin };
  } catch (error) {
    signal.throwIfAborted();
    const tunnelStatus = connection.tunnelStatus();
    const failure = failureOfRequest(error, { url: target, proxy, timeoutSeconds, tunnelStatus });
    return { failure, firstByteMs: null, totalMs: elapsed(), proxy: proxyOrigin };
  } finally {
    limit.end();
    await connection.dispatcher.destroy();
  }
}

/**
 * Returns a signal that is aborted by another one or after a timeout, until `end` is called. AbortSignal.timeout would keep
 * the request in memory until it expires.
 */
function withTimeout(signal: AbortSignal, seconds: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const interrupt = () => controller.abort(signal.reason);
  const expire = () => controller.abort(new DOMException('The request timed out.', 'TimeoutError'));
  const timer = setTimeout(expire, seconds * 1000);
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) {
    interrupt();
  }
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', interrupt);
  };
  return { signal: controller.signal, end };
}

/** Moves the credentials of a URL, which fetch refuses, into a header, as the server does. */
function takeCredentials(url: URL): Record<string, string> {
  const { username, password } = url;
  if (!username && !password) {
    return {};
  }
  url.username = '';
  url.password = '';
  const text = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A % that is not part of an escape sequence is literal.
    return text;
  }
}

/** Reads the start of a body. One that breaks off, or never ends, is not an error: the status is what counts. */
async function readStart(
  stream: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<{ body: Buffer; bodyComplete: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream ?? []) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) {
        return { body: Buffer.concat(chunks).subarray(0, maxBytes), bodyComplete: false };
      }
    }
    return { body: Buffer.concat(chunks), bodyComplete: true };
  } catch {
    return { body: Buffer.concat(chunks), bodyComplete: false };
  }
}
