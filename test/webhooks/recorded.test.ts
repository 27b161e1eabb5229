import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from '../../src/entities/index.ts';
import { deliver } from '../../src/webhooks/deliver.ts';
import { newDelivery } from '../../src/webhooks/deliveries.ts';
import { eventPayload } from '../../src/webhooks/payload.ts';
import { sign } from '../../src/webhooks/sign.ts';
import { webhookEventType } from '../../src/webhooks/webhooks.ts';
import { openDatabase } from '../support/database.ts';
import { aReceiver, type Taken } from '../support/receiver.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { aWebhook } from '../support/webhook.ts';

/** A delivery of the WebMACS server: see recorded/README.md. */
interface Recorded {
  url: string;
  secret: string | null;
  body: string;
  attempts: { headers: Record<string, string>; during: Record<string, unknown> }[];
  delivery: Record<string, unknown>;
}

const RECORDED: Recorded[] = readFileSync(new URL('recorded/deliveries.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

const site = await aSite();
const database = await openDatabase(site);
afterAll(async () => {
  await database.close();
  await site[Symbol.asyncDispose]();
});
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
beforeEach(async () => {
  for (const table of ['webhooks', 'experiments', 'events']) {
    await site.pool.query(`delete from ${table}`);
  }
});

const now = () => new Date('2026-11-28T08:36:00.250Z');
const atNow = (body: string) => body.replace(/"time": "[^"]*"/, '"time": "2026-11-28T08:36:00.250000+00:00"');

/** The fields of a recorded body, in its order. It may have numbers that JSON has not. */
function fieldsOf(body: string): Record<string, string | number> {
  const special: Record<string, number> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };
  const json = body.replace(/: (NaN|-?Infinity)(?=[,}])/g, ': "special $1"');
  return JSON.parse(json, (_name, value) => special[String(value).replace('special ', '')] ?? value);
}

test.each(RECORDED.map(({ body }) => body))('%s is written byte for byte', (body) => {
  const { type, time, ...fields } = fieldsOf(body);
  expect(eventPayload(webhookEventType(String(type)), now(), fields)).toBe(atNow(body));
});

/** One of each shape and kind of number. */
const OF_SENSORS = RECORDED.map(({ body }) => [body, fieldsOf(body)] as const).filter(([, { sensor, value, rule }]) =>
  rule === undefined
    ? sensor && [1, 1e-5, -0, 1e16, Number.NaN, -Infinity].some((each) => Object.is(value, each))
    : ['Too hot', 'Health', 'As reading', 'Infinite'].includes(String(rule)),
);

test.each(OF_SENSORS)('webhooks test sends %s', async (body, { type, sensor, value }) => {
  await using receiver = await aReceiver();
  await anEvent(site, { name: 'Größe', publicId: String(sensor), owner });
  const { url } = await aWebhook(site, { url: receiver.url, owner });
  const ruled = type === 'sensor.threshold_exceeded' || type === 'system.health_changed';
  const text = /"value": ([^,}]*)/.exec(body)?.[1] ?? '';
  const sample = ['--type', ruled ? String(type) : 'sensor.reading', '--event', 'Größe', `--value=${text}`];
  expect((await site.run(['webhooks', 'test', url, ...sample], { now })).code).toBe(0);
  // The rule is a sample; a rule can send any type.
  const [from, rule] = [/"rule.*/, `"rule": "Sample rule", "operator": "gte", "threshold": ${text}}`];
  const expected = ruled
    ? body.replace(from, rule)
    : body.replace(/, "rule.*/, '}').replace(String(type), 'sensor.reading');
  expect([value, String(receiver.taken[0]?.body)]).toEqual([value, atNow(expected)]);
  expect(receiver.taken[0]?.headers['user-agent']).toMatch(/^webmacs\/\d/);
});

test.each([0, 2])('experiments start and stop send the recorded bodies %i and the next', async (at) => {
  const [started = '', stopped = ''] = RECORDED.slice(at, at + 2).map(({ body }) => body);
  await using receiver = await aReceiver();
  await aWebhook(site, { url: receiver.url, events: ['experiment.started', 'experiment.stopped'], owner });
  const { experiment } = fieldsOf(started);
  await site.run(['experiments', 'start', String(experiment)], { now });
  await site.run(['experiments', 'stop', String(experiment)], { now });
  expect(receiver.taken.map(({ body }) => String(body))).toEqual([atNow(started), atNow(stopped)]);
});

test('what the server signed has the signature of this program, in every attempt', () => {
  for (const { body, secret, attempts } of RECORDED) {
    for (const { headers } of attempts) {
      const time = headers['X-Webhook-Timestamp'] ?? '';
      expect(headers['X-Webhook-Signature']).toBe(secret ? sign(secret, time, Buffer.from(body)) : undefined);
    }
  }
});

describe('a delivery', () => {
  /** Lets this program make a recorded delivery, to a receiver that answers as that one did. */
  async function made({ url, secret, body, attempts, delivery }: Recorded) {
    const taken: (Taken & { during: unknown; names: string[] })[] = [];
    const row = async () => (await site.pool.query('select *, status::text from webhook_deliveries')).rows[0];
    const { pathname } = new URL(url);
    await using receiver = await aReceiver(async (response, each, { rawHeaders }) => {
      taken.push({ ...each, during: await row(), names: rawHeaders.filter((_text, index) => index % 2 === 0) });
      const last = taken.length === attempts.length;
      if (pathname === '/silent') {
        return;
      }
      response
        .writeHead(last ? Number(delivery.response_code) : Number(attempts[taken.length]?.during.response_code))
        .end();
    });
    const target = Object.assign(new URL(url), { host: new URL(receiver.url).host });
    if (pathname === '/refused') {
      target.port = '1';
    }
    await aWebhook(site, { url: target.href, secret, owner });
    const em = database.em.fork();
    const webhook = await em.findOneOrFail(Webhook, { url: target.href });
    const own = await newDelivery(em, webhook, String(delivery.event_type), body);
    await deliver(em, webhook, own, {
      environment: {},
      pause: async () => {},
      timeoutSeconds: pathname === '/silent' ? 0.2 : 10,
    });
    return { taken, row: await row() };
  }

  test.each(RECORDED.slice(-10))('to $url has the headers of the server, and its row', async (recorded) => {
    const { taken, row } = await made(recorded);
    const { attempts, delivery, body } = recorded;
    expect(taken.map(({ method }) => method)).toEqual(attempts.map(() => 'POST'));
    for (const [index, { headers, during }] of attempts.entries()) {
      const own = taken[index];
      expect(own?.names.map((name) => name.toLowerCase()).sort()).toEqual(
        Object.keys(headers)
          .map((name) => name.toLowerCase())
          .sort(),
      );
      for (const name of ['Content-Type', 'Content-Length', 'Authorization']) {
        expect(own?.headers[name.toLowerCase()]).toBe(headers[name]);
      }
      // Here an attempt is counted before it is made.
      expect(own?.during).toMatchObject({
        status: during.status,
        attempts: index + 1,
        response_code: during.response_code,
      });
    }
    expect(Object.keys(row).sort()).toEqual(Object.keys(delivery).sort());
    const { event_type, status, attempts: count, response_code } = delivery;
    expect(row).toMatchObject({ event_type, status, attempts: count, response_code, payload: body });
    const isSet = (value: unknown) => value !== null;
    expect([isSet(row.last_error), isSet(row.delivered_on)]).toEqual([
      isSet(delivery.last_error),
      isSet(delivery.delivered_on),
    ]);
  });
});
