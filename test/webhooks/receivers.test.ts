import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, describe, expect, test } from 'vitest';
import { aReceiver } from '../support/receiver.ts';
import { aDeliverer, SECRET } from './deliverer.ts';

const { delivered, close } = await aDeliverer();
afterAll(close);

describe('a receiver that', () => {
  const once1 = { retries: 0 };

  test('is slow, but in time, has taken the delivery', async () => {
    await using receiver = await aReceiver((response) => setTimeout(() => response.end(), 500));
    const { row, last } = await delivered(receiver.url, { retries: 0, timeoutSeconds: 30 });
    expect(row?.status).toBe('delivered');
    expect(last.exchange.firstByteMs).toBeGreaterThan(400);
  });

  test('hangs fails after the timeout', async () => {
    await using receiver = await aReceiver(() => {});
    const { row, last } = await delivered(receiver.url, { retries: 0, timeoutSeconds: 1 });
    expect(last.failure?.kind).toBe('timeout');
    expect(row).toMatchObject({ status: 'dead_letter', response_code: null });
    expect(row?.last_error).toMatch(/did not answer within 1 s\.$/);
  });

  test('confirms, and then hangs in its body, has taken the delivery', async () => {
    await using receiver = await aReceiver((response) => response.writeHead(200).write('half'));
    const { row, last } = await delivered(receiver.url, { retries: 0, timeoutSeconds: 1 });
    expect(row?.status).toBe('delivered');
    expect(last.exchange.answer).toMatchObject({ body: Buffer.from('half'), bodyComplete: false });
  });

  test('resets the connection is reported', async () => {
    await using receiver = await aReceiver((_response, _taken, request) => request.socket.resetAndDestroy());
    const { last } = await delivered(receiver.url, once1);
    expect(last.failure).toMatchObject({ kind: 'reset', message: expect.stringContaining('closed the connection') });
  });

  test('does not listen is reported', async () => {
    const { url } = await aReceiver().then(async (receiver) => {
      await receiver[Symbol.asyncDispose]();
      return receiver;
    });
    const { last, row } = await delivered(url, once1);
    expect(last.failure?.kind).toBe('refused');
    expect(row?.last_error).toMatch(/^127\.0\.0\.1:\d+ refused the connection: nothing is listening there\.$/);
  });

  test('has an unknown name is reported', async () => {
    const { last } = await delivered(`https://${randomUUID()}.invalid/`, once1);
    expect(last.failure).toMatchObject({ kind: 'dns', message: expect.stringContaining('does not exist in DNS') });
  });

  test('has an address that is no URL is reported', async () => {
    const { row } = await delivered('not a url', once1);
    expect(row).toMatchObject({ status: 'dead_letter', last_error: '"not a url" is not a valid URL.' });
  });

  test('redirects is not followed, and the target is shown without its password', async () => {
    await using other = await aReceiver();
    const location = other.url.replace('//', '//lab:hidden@');
    await using receiver = await aReceiver((response) => response.writeHead(307, { location }).end());
    const { last, row } = await delivered(receiver.url, once1);
    expect(other.taken).toEqual([]);
    expect(last.failure?.message).toContain(`to ${other.url.replace('//', '//***@')}`);
    expect(JSON.stringify([last, row])).not.toContain('hidden');
  });

  test('answers 5 GB is read for 2 KB, and then hung up on', async () => {
    let written = 0;
    let hungUp: Promise<unknown> = Promise.resolve();
    await using receiver = await aReceiver((response) => {
      hungUp = once(response, 'close');
      response.writeHead(200, { 'content-length': 5_000_000_000 });
      const chunk = Buffer.alloc(65_536, 'x');
      const pump = () => {
        while (!response.destroyed && written < 5_000_000_000) {
          written += chunk.length;
          if (!response.write(chunk)) {
            return response.once('drain', pump);
          }
        }
      };
      pump();
    });
    const { last, row } = await delivered(receiver.url, once1);
    await hungUp;
    expect(row?.status).toBe('delivered');
    expect(last.exchange.answer?.body.length).toBe(2048);
    expect(written).toBeLessThan(50_000_000);
  });

  test('answers a compressed bomb is read for 2 KB of what it unpacks to', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    await using receiver = await aReceiver((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const { last } = await delivered(receiver.url, once1);
    expect(last.exchange.answer?.body.length).toBe(2048);
  });

  test('sends the secret back does not get it shown', async () => {
    await using receiver = await aReceiver((response) =>
      response.writeHead(401, { 'x-debug': `key ${SECRET}` }).end(`your key is ${SECRET}, isn't it?`),
    );
    const { last, row } = await delivered(receiver.url, once1);
    expect(JSON.stringify([last, last.exchange.answer?.body.toString(), row])).not.toContain(SECRET);
    expect(last.failure?.message).toContain('your key is ***');
  });

  test('sends the secret back across the end of what is read does not get its beginning shown', async () => {
    const body = `${'.'.repeat(2038)}${SECRET}${'.'.repeat(5000)}`;
    await using receiver = await aReceiver((response) => response.end(body));
    const { last } = await delivered(receiver.url, once1);
    expect(last.exchange.answer?.body.toString()).toBe('.'.repeat(2038));
  });

  test('answers something that is not HTTP is reported', async () => {
    await using receiver = await aReceiver((_response, _taken, request) => request.socket.end('220 smtp ready\r\n'));
    expect((await delivered(receiver.url, once1)).last.failure?.kind).toBe('protocol');
  });
});
