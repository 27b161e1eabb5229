import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebmacsError } from '../errors.ts';

/** Not reachable from the network. */
const LOOPBACK = '127.0.0.1';
const TOKEN_BYTES = 24;
/** How many pages can be open. */
const MOST_STREAMS = 20;
const MOST_CONNECTIONS = 64;
/** A page that has not read more than this is disconnected; it connects again, and is told to read what it missed. */
const MOST_UNREAD_BYTES = 262_144;
/** Messages that a page gets which connects again. */
const KEPT_MESSAGES = 60;
const RETRY_MILLISECONDS = 2000;

/** No other page may show it, read it or learn its address; the page itself says what it may load. */
const HEADERS = {
  'content-security-policy': "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

interface Message {
  number: number;
  text: string;
}

/** Serves one page, and messages for it, to browsers of this machine that know its address. */
export class LiveServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #makePage: (last: number) => Promise<string>;
  readonly #hosts: ReadonlySet<string>;
  readonly #token: Buffer;
  readonly #streams = new Set<ServerResponse>();
  readonly #messages: Message[] = [];
  #last = 0;
  #page: Promise<string> | undefined;

  private constructor(server: Server, makePage: (last: number) => Promise<string>) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.#makePage = makePage;
    this.#hosts = new Set([`${LOOPBACK}:${port}`, `localhost:${port}`]);
    this.#token = hashOf(token);
    this.url = `http://${LOOPBACK}:${port}/${token}/`;
    server.on('request', (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /**
   * Starts to listen on a free port.
   * @param makePage returns the page, which has all that was sent until the message of this number
   */
  static async start(makePage: (last: number) => Promise<string>): Promise<LiveServer> {
    const server = createServer();
    server.maxConnections = MOST_CONNECTIONS;
    await once(server.listen(0, LOOPBACK), 'listening');
    return new LiveServer(server, makePage);
  }

  send(event: string, data: unknown): void {
    this.#last += 1;
    const text = `id: ${this.#last}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#messages.push({ number: this.#last, text });
    this.#messages.splice(0, this.#messages.length - KEPT_MESSAGES);
    for (const stream of this.#streams) {
      if (stream.writableLength > MOST_UNREAD_BYTES) {
        stream.destroy();
      } else {
        stream.write(text);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    // Open streams would never end.
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url = '' } = request;
    const [path = '', query] = url.split('?');
    const [, token = '', name, ...more] = path.split('/');
    const site = headers['sec-fetch-site'] ?? 'none';
    if (!this.#hosts.has(headers.host ?? '')) {
      return refuse(response, 421, 'This host is not served here.');
    }
    if (method !== 'GET' && method !== 'HEAD') {
      return refuse(response, 405, 'This page is read-only.', { allow: 'GET, HEAD' });
    }
    if (site !== 'none' && site !== 'same-origin') {
      return refuse(response, 403, 'Other pages cannot use this one. Open its address in a tab of its own.');
    }
    if (!timingSafeEqual(hashOf(token), this.#token) || more.length > 0) {
      return refuse(response, 404, 'Not found.');
    }
    if (name === '') {
      return await this.#sendPage(response);
    }
    if (name === 'values' && method === 'GET') {
      this.#stream(response, headers['last-event-id'] ?? new URLSearchParams(query).get('after'));
    } else {
      refuse(response, 404, 'Not found.');
    }
  }

  async #sendPage(response: ServerResponse): Promise<void> {
    try {
      // Those that ask at the same time get the same.
      this.#page ??= this.#makePage(this.#last).finally(() => {
        this.#page = undefined;
      });
      const page = await this.#page;
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' }).end(page);
    } catch (error) {
      refuse(response, 503, error instanceof WebmacsError ? error.message : 'The page cannot be made now. Try again.');
    }
  }

  /** Sends what came after a message, and then messages as they are sent. */
  #stream(response: ServerResponse, after: string | string[] | null): void {
    if (this.#streams.size >= MOST_STREAMS) {
      refuse(response, 503, `${MOST_STREAMS} pages are open. Close one.`);
      return;
    }
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    response.write(`retry: ${RETRY_MILLISECONDS}\n\n`);
    const known = Number(after);
    const [first] = this.#messages;
    const isKept = known <= this.#last && known >= (first?.number ?? this.#last + 1) - 1;
    const missed = this.#messages.filter(({ number }) => number > known);
    response.write(isKept ? missed.map(({ text }) => text).join('') : 'event: reload\ndata: {}\n\n');
  }
}

function refuse(response: ServerResponse, code: number, text: string, headers: Record<string, string> = {}): void {
  const type = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' };
  response.writeHead(code, { ...HEADERS, ...type, ...headers }).end(`${text}\n`);
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
