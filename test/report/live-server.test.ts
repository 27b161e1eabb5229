import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { NotFoundError } from '../../src/errors.ts';
import { LiveServer } from '../../src/report/live-server.ts';
import { until } from '../support/until.ts';

let makePage = async (after: number) => `page ${after}`;
const server = await LiveServer.start(async (after) => await makePage(after));
afterAll(() => server[Symbol.asyncDispose]());
const { port, pathname } = new URL(server.url);

/** Asks as a browser or any other program does. */
async function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ code: number; headers: IncomingMessage['headers']; body: string }> {
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  const { statusCode = 0, headers: given } = response ?? expect.fail();
  return { code: statusCode, headers: given, body: response ? await text(response) : '' };
}

/** Opens the stream of messages. */
async function listen(query = '?after=0', headers: Record<string, string> = {}) {
  const sent = request({ host: '127.0.0.1', port, path: `${pathname}values${query}`, headers, agent: false }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  const stream = { code: response?.statusCode, received: '', close: () => sent.destroy(), isClosed: false };
  sent.on('error', () => {});
  response?.on('error', () => {});
  response?.on('close', () => (stream.isClosed = true));
  response?.setEncoding('utf8').on('data', (piece: string) => (stream.received += piece));
  return stream;
}

test('the page is sent to those who know its address, and may not be kept, framed or read by others', async () => {
  const { code, headers, body } = await ask(pathname);
  expect([code, body]).toEqual([200, 'page 0']);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  });
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  expect((await ask(pathname, { host: `localhost:${port}` })).code).toBe(200);
  expect((await ask(pathname, { 'sec-fetch-site': 'same-origin' })).code).toBe(200);
  expect((await ask(pathname, { 'sec-fetch-site': 'none' })).code).toBe(200);
});

const REFUSED: [what: string, code: number, path: string, headers?: Record<string, string>][] = [
  ['no token', 404, '/'],
  ['a wrong token', 404, `/${'A'.repeat(32)}/`],
  ['a part of the token', 404, pathname.slice(0, -2)],
  ['another path', 404, `${pathname}etc/passwd`],
  ['a path with dots', 404, `${pathname}../`],
  ['no slash at the end', 404, pathname.slice(0, -1)],
  ['another host', 421, pathname, { host: 'evil.example' }],
  ['another host with the port', 421, pathname, { host: `evil.example:${port}` }],
  ['another port', 421, pathname, { host: '127.0.0.1:1' }],
  ['another site', 403, pathname, { 'sec-fetch-site': 'cross-site' }],
  ['another origin of this machine', 403, pathname, { 'sec-fetch-site': 'same-site' }],
  ['the stream for another site', 403, `${pathname}values`, { 'sec-fetch-site': 'cross-site' }],
];

test.each(REFUSED)('%s is refused with %i', async (_what, code, path, headers = {}) => {
  const answer = await ask(path, headers);
  expect(answer.code).toBe(code);
  expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(answer.body).not.toContain('page 0');
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
  const { code, headers } = await ask(pathname, {}, method);
  expect([code, headers.allow]).toEqual([405, 'GET, HEAD']);
});

test('HEAD is answered as GET is, without the page, and opens no stream', async () => {
  const [head, get] = [await ask(pathname, {}, 'HEAD'), await ask(pathname)];
  const { date: _head, ...headers } = head.headers;
  expect([head.code, head.body, get.headers]).toEqual([200, '', expect.objectContaining(headers)]);
  expect((await ask(`${pathname}values`, {}, 'HEAD')).code).toBe(404);
});

test('no other address of the machine answers', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal);
  for (const { address } of others) {
    const socket = connect(Number(port), address);
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
});

test('messages reach all that are open; one that connects again gets what it missed, or is told to read the page anew', async () => {
  const [one, other] = [await listen(), await listen()];
  server.send('values', { a: 1 });
  server.send('values', 'two\nlines');
  await until(() => one.received.includes('id: 2') && other.received.includes('id: 2'));
  expect(one.received).toBe(
    'retry: 2000\n\nid: 1\nevent: values\ndata: {"a":1}\n\nid: 2\nevent: values\ndata: "two\\nlines"\n\n',
  );
  one.close();
  const again = await listen('?after=0', { 'last-event-id': '1' });
  await until(() => again.received.includes('id: 2'));
  expect(again.received).not.toContain('id: 1\n');
  for (let number = 0; number < 70; number += 1) {
    server.send('values', number);
  }
  expect((await ask(pathname)).body).toBe('page 72');
  const old = await listen('?after=2');
  const wrong = await listen('?after=x');
  await until(() => old.received.includes('event: reload') && wrong.received.includes('event: reload'));
  for (const each of [other, again, old, wrong]) {
    each.close();
  }
});

test('only so many pages can be open', async () => {
  const open = await Promise.all(Array.from({ length: 20 }, async () => await listen('?after=72')));
  expect(open.map(({ code }) => code)).toEqual(Array(20).fill(200));
  expect((await ask(`${pathname}values`)).code).toBe(503);
  open[0]?.close();
  await until(async () => {
    const next = await listen('?after=72');
    open.push(next);
    return next.code === 200;
  });
  for (const each of open) {
    each.close();
  }
});

test('one that does not read is disconnected, while the others go on', async () => {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`GET ${pathname}values?after=72 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(socket, 'readable');
  const reader = await listen('?after=72');
  for (let number = 0; number < 200; number += 1) {
    server.send('values', 'x'.repeat(100_000));
    await new Promise((done) => setImmediate(done));
  }
  await until(() => reader.received.includes('id: 272'));
  let bytes = 0;
  socket.on('data', ({ length }) => {
    bytes += length;
  });
  await once(socket, 'close');
  expect(bytes).toBeLessThan(20_000_000);
  reader.close();
});

test('a failure is said to the page that asks, without what is inside', async () => {
  makePage = async () => await Promise.reject(new NotFoundError('Dashboard "Rig" was deleted.'));
  expect(await ask(pathname)).toMatchObject({ code: 503, body: 'Dashboard "Rig" was deleted.\n' });
  makePage = async () => await Promise.reject(new Error('password=secret'));
  expect(await ask(pathname)).toMatchObject({ code: 503, body: 'The page cannot be made now. Try again.\n' });
});

test('closing ends the streams that are open', async () => {
  const closing = await LiveServer.start(async () => 'page');
  const { port: own, pathname: path } = new URL(closing.url);
  const sent = request({ host: '127.0.0.1', port: own, path: `${path}values`, agent: false }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  response?.on('error', () => {}).resume();
  sent.on('error', () => {});
  await closing[Symbol.asyncDispose]();
  await until(() => response?.destroyed);
});
