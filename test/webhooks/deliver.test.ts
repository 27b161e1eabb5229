import { createServer, type Server } from 'node:http';
import { afterAll, describe, expect, test } from 'vitest';
import { Webhook } from '../../src/entities/index.ts';
import { deliver } from '../../src/webhooks/deliver.ts';
import { newDelivery } from '../../src/webhooks/deliveries.ts';
import { accepts, aReceiver } from '../support/receiver.ts';
import { aWebhook, deliveriesOf } from '../support/webhook.ts';
import { aDeliverer, BODY, policyWith, SECRET } from './deliverer.ts';

const { database, opened, delivered, close } = await aDeliverer();
afterAll(close);

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
