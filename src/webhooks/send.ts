import { STATUS_CODES } from 'node:http';
import { type Failure, failureOfRequest } from './failure.ts';
import { type ProxyEnvironment, proxyFor } from './proxy.ts';

/** A POST to make. */
export interface Outgoing {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** How requests travel. */
export interface Transport {
  /** Where the proxies are named. */
  environment: ProxyEnvironment;
  /** Whether a certificate that cannot be trusted is taken. */
  insecure: boolean;
  timeoutSeconds: number;
  /** How much is read of the body of the answer. */
  maxBodyBytes: number;
  signal: AbortSignal;
}

export interface Answer {
  code: number;
  /** Code and reason, such as `404 Not Found`. */
  status: string;
  headers: [name: string, value: string][];
  /** The beginning of the body. */
  body: Buffer;
  /** Whether that is the whole body. */
  bodyComplete: boolean;
}

/** What came of a request: an answer of any status, or a failure. Times are in milliseconds from its start. */
export interface Exchange {
  answer?: Answer;
  failure?: Failure;
  firstByteMs: number | null;
  totalMs: number;
  /** The proxy that the request went through. */
  proxy: string | null;
}

/**
 * Makes one POST, without following a redirect. Of the answer no more than the beginning is read; then the connection is
 * closed, however much would follow.
 * @throws the signal's reason when it is aborted; InvalidInputError for a proxy variable that names none
 */
export async function send({ url, headers, body }: Outgoing, transport: Transport): Promise<Exchange> {
  const { timeoutSeconds, maxBodyBytes, signal } = transport;
  const target = new URL(url);
  const proxy = proxyFor(target, transport.environment);
  const authorization = takeCredentials(target);
  const { connect } = await import('./connection.ts');
  const connection = connect(proxy, transport.insecure);
  const started = performance.now();
  const elapsed = () => Math.round((performance.now() - started) * 10) / 10;
  const way = { proxy: proxy ? proxy.origin : null };
  const limit = limited(signal, timeoutSeconds);
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: { ...headers, ...authorization },
      body,
      redirect: 'manual',
      signal: limit.signal,
      dispatcher: connection.dispatcher,
    } as RequestInit);
    const firstByteMs = elapsed();
    const read = await beginningOf(response.body, maxBodyBytes);
    const answer = {
      code: response.status,
      // Through a proxy the reason gets lost.
      status: `${response.status} ${response.statusText || (STATUS_CODES[response.status] ?? '')}`.trim(),
      headers: [...response.headers],
      ...read,
    };
    signal.throwIfAborted();
    return { answer, firstByteMs, totalMs: elapsed(), ...way };
  } catch (error) {
    signal.throwIfAborted();
    const tunnelStatus = connection.tunnelStatus();
    const failure = failureOfRequest(error, { url: target, proxy, timeoutSeconds, tunnelStatus });
    return { failure, firstByteMs: null, totalMs: elapsed(), ...way };
  } finally {
    limit.end();
    await connection.dispatcher.destroy();
  }
}

/**
 * A signal that is aborted with another one, or after so many seconds, until it is ended. AbortSignal.timeout would hold
 * on to the request until then, however soon it is answered.
 */
function limited(signal: AbortSignal, seconds: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const interrupt = () => controller.abort(signal.reason);
  const expire = () => controller.abort(new DOMException('The time is up.', 'TimeoutError'));
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

/** fetch takes no URL with a user name; the server sends it as Basic authentication. */
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
    // A stray % stands for itself.
    return text;
  }
}

/** The status is the answer: a body that breaks off, or never ends, does not change it. */
async function beginningOf(
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
