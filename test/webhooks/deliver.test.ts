import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { Webhook } from '../../src/entities/index.ts';
import { deliver, type Outcome, type Policy } from '../../src/webhooks/deliver.ts';
import { newDelivery } from '../../src/webhooks/deliveries.ts';
import { type FreshDatabase, freshDatabase, openDatabase } from '../support/database.ts';
import { accepts, aReceiver } from '../support/receiver.ts';
import { aWebhook, deliveriesOf } from '../support/webhook.ts';

const SECRET = 'the secret of the receiver';
const BODY = '{"type":"sensor.reading","value":12.5,"unit":"°C"}';

let database: FreshDatabase;
let opened: Database;
beforeAll(async () => {
  database = await freshDatabase();
  opened = await openDatabase(database);
});
afterAll(async () => {
  await opened.close();
  await database[Symbol.asyncDispose]();
});

const policyWith = (more: Partial<Policy> = {}): Policy => ({
  retries: 2,
  timeoutSeconds: 10,
  insecure: false,
  environment: {},
  signal: new AbortController().signal,
  now: () => new Date(),
  pause: async () => {},
  ...more,
});

/** Makes a delivery to the URL, and returns it with its final row. */
async function delivered(url: string, policy: Partial<Policy> = {}, secret: string | null = SECRET) {
  const { id } = await aWebhook(database, { url, secret });
  const em = opened.em.fork();
  const webhook = await em.findOneOrFail(Webhook, { id });
  const delivery = await newDelivery(em, webhook, 'sensor.reading', BODY);
  const outcome = await deliver(em, webhook, delivery, policyWith(policy));
  const [row] = await deliveriesOf(database, id);
  return { outcome, row, id, last: lastOf(outcome) };
}

function lastOf({ attempts }: Outcome) {
  const last = attempts.at(-1);
  if (!last) {
    throw new Error('There was no attempt.');
  }
  return last;
}

describe('a delivery that is taken', () => {
  test('is the recorded bytes under the headers of the server, and its row is delivered', async () => {
    await using receiver = await aReceiver();
    const { row } = await delivered(receiver.url);
    const [taken] = receiver.taken;
    expect(taken?.method).toBe('POST');
    expect(taken?.body.toString()).toBe(BODY);
    expect(taken?.headers['content-type']).toBe('application/json');
    expect(taken?.headers['x-webhook-timestamp']).toMatch(/^\d{10}$/);
    expect(row).toEqual({ status: 'delivered', attempts: 1, last_error: null, response_code: 200, payload: BODY });
  });

  test('is accepted by a receiver written from the rules, and by none with another byte, secret or time', async () => {
    await using receiver = await aReceiver();
    await delivered(receiver.url);
    const [taken] = receiver.taken;
    if (!taken) {
      throw new Error('Nothing arrived.');
    }
    const time = Number(taken.headers['x-webhook-timestamp']);
    const changed = Buffer.from(taken.body);
    changed.writeUInt8(changed.readUInt8(5) ^ 1, 5);
    expect(accepts(SECRET, taken)).toBe(true);
    expect(accepts(SECRET, { ...taken, body: changed })).toBe(false);
    expect(accepts(`${SECRET}x`, taken)).toBe(false);
    expect(accepts(SECRET, { ...taken, headers: { ...taken.headers, 'x-webhook-timestamp': `${time + 1}` } })).toBe(
      false,
    );
    expect(accepts(SECRET, taken, Date.now() + 3_600_000)).toBe(false);
  });

  test('has no signature where the webhook has no secret', async () => {
    await using receiver = await aReceiver();
    const { last } = await delivered(receiver.url, {}, null);
    expect(receiver.taken[0]?.headers).not.toHaveProperty('x-webhook-signature');
    expect([last.signed, last.signature]).toEqual([null, null]);
  });

  test('returns the signed text and the signature', async () => {
    await using receiver = await aReceiver();
    const { last } = await delivered(receiver.url);
    expect(last.signed).toBe(`${last.timestamp}.${BODY}`);
    expect(receiver.taken[0]?.headers['x-webhook-signature']).toBe(last.signature);
  });

  test('takes a user name and password from the URL, as the server does', async () => {
    await using receiver = await aReceiver();
    await delivered(receiver.url.replace('//', '//lab:p%40ss@'));
    expect(receiver.taken[0]?.headers.authorization).toBe(`Basic ${Buffer.from('lab:p@ss').toString('base64')}`);
  });
});

test('a port that browsers block is used, as the server does, also through a proxy', async () => {
  await using receiver = await aReceiver();
  const server = createServer((_request, response) => response.end('thanks'));
  // Any of those that are free here.
  const { port } = await firstFree(server, [6000, 6566, 10080, 6697]);
  try {
    expect((await delivered(`http://127.0.0.1:${port}/hook`)).row).toMatchObject({ status: 'delivered' });
    const proxied = await delivered('http://lab.invalid:6000/hook', {
      environment: { http_proxy: receiver.url },
    });
    expect([proxied.row?.status, receiver.taken[0]?.url, receiver.taken[0]?.headers.host]).toEqual([
      'delivered',
      'http://lab.invalid:6000/hook',
      'lab.invalid:6000',
    ]);
  } finally {
    server.close();
  }
});

async function firstFree(server: Server, ports: number[]): Promise<{ port: number }> {
  for (const port of ports) {
    const listening = await new Promise((done) => {
      server.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true));
    });
    if (listening) {
      return { port };
    }
  }
  throw new Error('None of the ports is free.');
}

describe('attempts', () => {
  test('are three, 2 s and 4 s apart, and then the row is a dead letter', async () => {
    await using receiver = await aReceiver((response) => response.writeHead(500).end('out of order'));
    const pauses: number[] = [];
    const { row } = await delivered(receiver.url, { pause: async (seconds) => void pauses.push(seconds) });
    expect(pauses).toEqual([2, 4]);
    expect(receiver.taken.length).toBe(3);
    expect(row).toMatchObject({
      status: 'dead_letter',
      attempts: 3,
      response_code: 500,
      last_error: 'The receiver answered 500 Internal Server Error: "out of order"',
    });
  });

  test('end with the first that is taken', async () => {
    await using receiver = await aReceiver((response) =>
      response.writeHead(receiver.taken.length < 2 ? 503 : 204).end(),
    );
    const { row } = await delivered(receiver.url);
    expect(row).toMatchObject({ status: 'delivered', attempts: 2, response_code: 204, last_error: null });
  });

  test('leave the row pending and counted while they last, and with their error between them', async () => {
    const seen: unknown[] = [];
    const look = async () => {
      const { rows } = await database.pool.query(
        'select status::text, attempts, last_error from webhook_deliveries order by id desc limit 1',
      );
      seen.push(Object.values(rows[0]));
    };
    await using receiver = await aReceiver(async (response) => {
      await look();
      response.writeHead(500).end();
    });
    await delivered(receiver.url, { retries: 1, pause: look });
    const error = 'The receiver answered 500 Internal Server Error with an empty body.';
    expect(seen).toEqual([
      ['pending', 1, null],
      ['pending', 1, error],
      ['pending', 2, error],
    ]);
  });

  test('that are interrupted leave the row pending and counted', async () => {
    const interruption = new AbortController();
    await using receiver = await aReceiver(() => interruption.abort());
    const { id } = await aWebhook(database, { url: receiver.url });
    const em = opened.em.fork();
    const webhook = await em.findOneOrFail(Webhook, { id });
    const delivery = await newDelivery(em, webhook, 'sensor.reading', BODY);
    const end = deliver(em, webhook, delivery, policyWith({ signal: interruption.signal }));
    await expect(end).rejects.toMatchObject({ name: 'AbortError' });
    expect(await deliveriesOf(database, id)).toMatchObject([{ status: 'pending', attempts: 1 }]);
  });

  test('are made by only one of two processes', async () => {
    await using receiver = await aReceiver();
    const { id } = await aWebhook(database, { url: receiver.url });
    const em = opened.em.fork();
    const webhook = await em.findOneOrFail(Webhook, { id });
    const delivery = await newDelivery(em, webhook, 'sensor.reading', BODY);
    const both = [{ ...delivery }, { ...delivery }].map((row) => deliver(em, webhook, row, policyWith()));
    const ends = await Promise.allSettled(both);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(receiver.taken.length).toBe(1);
  });
});

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
