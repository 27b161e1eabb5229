import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A delivery as received. */
export interface Taken {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Receiver extends AsyncDisposable {
  url: string;
  taken: Taken[];
}

type Answer = (response: ServerResponse, taken: Taken, request: IncomingMessage) => unknown;

/** Starts an HTTP server on loopback, or an HTTPS server if given a certificate; by default it answers 200. */
export async function aReceiver(
  answer: Answer = (response) => response.end('thanks'),
  tls?: { cert: string; key: string },
): Promise<Receiver> {
  const taken: Taken[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const delivery = { method, url, headers, body: await buffer(request) };
    taken.push(delivery);
    await answer(response, delivery, request);
  };
  const server = tls ? createTlsServer(tls, handle) : createServer(handle);
  const { port, dispose } = await onLoopback(server);
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook`, taken, [Symbol.asyncDispose]: dispose };
}

/** Lets a server listen on a free port; `dispose` closes it with all its connections. */
export async function onLoopback(server: Server): Promise<{ port: number; dispose(): Promise<void> }> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const dispose = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { port, dispose };
}

/** Whether a receiver accepts a delivery: written from the published rules, without code of this program. */
export function accepts(secret: string, { headers, body }: Pick<Taken, 'headers' | 'body'>, now = Date.now()): boolean {
  const time = String(headers['x-webhook-timestamp']);
  const right = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  const given = Buffer.from(String(headers['x-webhook-signature']), 'hex');
  return Math.abs(now / 1000 - Number(time)) <= 300 && given.length === right.length && timingSafeEqual(given, right);
}
