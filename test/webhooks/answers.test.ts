import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { type Exchange, send } from '../../src/webhooks/send.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\nHTTP/1.1 100 in a body';

/** Sends a request to a receiver that answers with these bytes. */
async function answeredWith(...pieces: string[]): Promise<Exchange> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).setNoDelay();
    socket.once('data', async () => {
      for (const piece of pieces) {
        await new Promise((done) => socket.write(piece, done));
        await new Promise((done) => setImmediate(done));
      }
      socket.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const transport = { environment: {}, insecure: false, timeoutSeconds: 10, maxBodyBytes: 2048 };
  try {
    const body = Buffer.from('{}');
    return await send({ url, headers: {}, body }, { ...transport, signal: new AbortController().signal });
  } finally {
    server.close();
  }
}

test.each([
  ['100 Continue', [`HTTP/1.1 100 Continue\r\n\r\n${OK}`]],
  [
    '100 Continue in a piece of its own, twice',
    ['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 100 Go\r\nx: y\r\n\r\n', OK],
  ],
  ['102 Processing and 103 Early Hints', [`HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Early\r\nlink: <a>\r\n\r\n${OK}`]],
])('%s before the answer, which nothing asked for, is not the answer', async (_what, pieces) => {
  const { answer, failure } = await answeredWith(...pieces);
  expect([failure, answer?.status, answer?.body.toString()]).toEqual([undefined, '200 OK', 'HTTP/1.1 100 in a body']);
});

test('a switch of the protocol, which nothing asked for, is named', async () => {
  const { failure } = await answeredWith(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  );
  expect(failure).toMatchObject({ kind: 'protocol', message: expect.stringContaining('answered 101 Switching') });
});

test('headers over the limit are named, with the limit', async () => {
  const { failure } = await answeredWith(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
  expect(failure).toMatchObject({
    kind: 'protocol',
    message: expect.stringMatching(/^The headers of the answer of 127\.0\.0\.1:\d+ have more than 16 KiB\.$/),
    hint: expect.stringContaining('fewer or shorter headers'),
  });
});
