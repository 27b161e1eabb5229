import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { accepts, aReceiver } from '../support/receiver.ts';
import { aSite, aUser } from '../support/site.ts';
import { until } from '../support/until.ts';
import { aDelivery, aWebhook, deliveriesOf } from '../support/webhook.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const SECRET = 'not for anybody to see';

test('webhooks redeliver sends the recorded bytes again, signed anew, and counts on', async () => {
  await using receiver = await aReceiver();
  const { id } = await aWebhook(site, { url: receiver.url, secret: SECRET, owner });
  const payload = '{"type": "sensor.reading",\t"größe": 1.50}\n';
  const { publicId } = await aDelivery(site, id, { payload });
  const { code, stdout, stderr } = await site.run(`webhooks redeliver ${publicId.slice(0, 8)} --json`);
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ public_id: publicId, status: 'delivered', attempts: 4 });
  const [taken] = receiver.taken;
  expect([String(taken?.body), taken && accepts(SECRET, taken)]).toEqual([payload, true]);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'delivered', attempts: 4, last_error: null, payload }]);
});

test('webhooks redeliver that fails exits 6, and leaves a dead letter', async () => {
  const { id } = await aWebhook(site, { url: 'http://127.0.0.1:2/', owner });
  const { publicId } = await aDelivery(site, id);
  const { code, stderr } = await site.run(`webhooks redeliver ${publicId} --retries 0`);
  expect([code, stderr]).toEqual([6, expect.stringContaining('refused the connection')]);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'dead_letter', attempts: 4 }]);
});

test('webhooks redeliver --dead-letter sends those since a time, of enabled webhooks, and can be run twice', async () => {
  await using own = await aSite();
  const user = (await aUser(own)).publicId;
  await using receiver = await aReceiver();
  const on = await aWebhook(own, { url: receiver.url, owner: user });
  const off = await aWebhook(own, { url: `${receiver.url}/off`, enabled: false, owner: user });
  await aDelivery(own, on.id, { payload: '{"n":"old"}', createdOn: '2026-01-01' });
  await aDelivery(own, on.id, { payload: '{"n":"new"}', createdOn: '2026-06-01' });
  await aDelivery(own, on.id, { payload: '{"n":"done"}', status: 'delivered', createdOn: '2026-06-01' });
  await aDelivery(own, off.id, { payload: '{"n":"off"}', createdOn: '2026-06-01' });
  const sent = () => receiver.taken.map(({ body }) => JSON.parse(String(body)).n);
  const line = 'webhooks redeliver --dead-letter --since 2026-05-01';

  const dry = await own.run(`${line} --dry-run --json`);
  expect([dry.code, JSON.parse(dry.stdout).length, sent()]).toEqual([0, 1, []]);
  expect((await own.run(line)).code).toBe(0);
  expect(sent()).toEqual(['new']);
  expect((await own.run(line)).code).toBe(0);
  expect(sent()).toEqual(['new']);
  expect((await own.run(`webhooks redeliver --dead-letter --webhook ${off.publicId}`)).code).toBe(0);
  expect((await own.run('webhooks redeliver --dead-letter')).code).toBe(0);
  expect(sent()).toEqual(['new', 'off', 'old']);
});

test('webhooks redeliver --dead-letter prints each as it is made, and a JSON array that is whole when interrupted', async () => {
  await using own = await aSite();
  await using receiver = await aReceiver((response, { body }) => String(body) === '{"n":0}' || response.end());
  const { id } = await aWebhook(own, { url: receiver.url });
  for (let at = 0; at < 3; at++) {
    await aDelivery(own, id, { payload: `{"n":${at}}` });
  }
  const child = own.start('webhooks redeliver --dead-letter --json');
  const ended = new Promise((done) => child.once('close', done));
  const stderr = child.stderr ? text(child.stderr) : '';
  let printed = '';
  for await (const piece of child.stdout ?? []) {
    printed += piece;
    // Only once: a second Ctrl-C ends it at once.
    if (printed.match(/"status":"delivered"/g)?.length === 2 && !child.killed) {
      child.kill('SIGINT');
    }
  }
  expect([await ended, JSON.parse(printed).length]).toEqual([130, 2]);
  expect(JSON.parse(await stderr).error.message).toContain('keep their current status');
});

test('two concurrent redeliveries send every dead letter once', async () => {
  await using own = await aSite();
  await using receiver = await aReceiver((response) => setTimeout(() => response.end(), 100));
  const { id } = await aWebhook(own, { url: receiver.url });
  for (let at = 0; at < 30; at++) {
    await aDelivery(own, id, { payload: `{"n":${at}}` });
  }
  const runs = await Promise.all([1, 2].map(() => own.run('webhooks redeliver --dead-letter')));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  expect(new Set(receiver.taken.map(({ body }) => String(body))).size).toBe(30);
  expect(receiver.taken.length).toBe(30);
});

test('a delivery that another command is making is refused, unless --force is given', async () => {
  let arrived = () => {};
  const arrival = new Promise<void>((done) => {
    arrived = done;
  });
  const answers: (() => void)[] = [];
  await using receiver = await aReceiver((response) => {
    answers.push(() => response.end());
    arrived();
  });
  const { id } = await aWebhook(site, { url: receiver.url, owner });
  const { publicId } = await aDelivery(site, id);
  const first = site.run(['webhooks', 'redeliver', publicId]);
  await arrival;
  const second = await site.run(['webhooks', 'redeliver', publicId]);
  expect([second.code, second.stderr]).toEqual([4, expect.stringContaining('is under way')]);
  const forced = site.run(['webhooks', 'redeliver', publicId, '--force']);
  await until(() => answers.length === 2);
  for (const answer of answers) {
    answer();
  }
  expect([(await first).code, (await forced).code, receiver.taken.length]).toEqual([0, 0, 2]);
});

test('so is one that a command with --dead-letter is making', async () => {
  await using own = await aSite();
  let answer = () => {};
  await using receiver = await aReceiver((response) => {
    answer = () => response.end();
  });
  const { id } = await aWebhook(own, { url: receiver.url });
  const { publicId } = await aDelivery(own, id);
  const many = own.run('webhooks redeliver --dead-letter');
  await until(() => receiver.taken.length === 1);
  expect((await own.run(['webhooks', 'redeliver', publicId])).code).toBe(4);
  answer();
  expect([(await many).code, receiver.taken.length]).toEqual([0, 1]);
});

test.each([
  ['--force without a delivery', '--dead-letter --force'],
  ['neither a delivery nor --dead-letter', ''],
  ['both', '0198c2aa --dead-letter'],
  ['--since without --dead-letter', '0198c2aa --since -2h'],
  ['an invalid time', '--dead-letter --since lunch'],
])('webhooks redeliver with %s is refused', async (_what, words) => {
  expect((await site.run(`webhooks redeliver ${words}`.trim())).code).toBe(2);
});

test('webhooks redeliver of an unknown delivery or webhook exits 3', async () => {
  expect((await site.run('webhooks redeliver 00000000-0000')).code).toBe(3);
  expect((await site.run('webhooks redeliver --dead-letter --webhook https://not.there/')).code).toBe(3);
});
