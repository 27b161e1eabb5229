import { afterAll, beforeEach, expect, test } from 'vitest';
import { accepts, aReceiver } from '../support/receiver.ts';
import { aSite, aUser } from '../support/site.ts';
import { until } from '../support/until.ts';
import { aWebhook, deliveriesOf } from '../support/webhook.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
beforeEach(async () => {
  await site.pool.query('delete from experiments');
  await site.pool.query('delete from webhooks');
});

const events = ['experiment.started', 'experiment.stopped'];
const now = () => new Date('2026-01-01T00:00:00.500Z');

test('start and stop notify the enabled subscribers as the server does, and record it', async () => {
  await using receiver = await aReceiver();
  const { id } = await aWebhook(site, { url: receiver.url, events, secret: 'a secret', owner });
  await aWebhook(site, { url: `${receiver.url}/off`, events, enabled: false, owner });
  await aWebhook(site, { url: `${receiver.url}/other`, events: ['sensor.reading'], owner });
  const started = await site.run(['experiments', 'start', 'Größe 7'], { now });
  expect([started.code, started.stderr]).toEqual([
    0,
    expect.stringMatching(/started \(.*\)\.\n1 webhook notified\.\n$/),
  ]);
  expect((await site.run('experiments stop', { now })).code).toBe(0);
  const body = (type: string) =>
    `{"type": "${type}", "time": "2026-01-01T00:00:00.500000+00:00", "experiment": "Gr\\u00f6\\u00dfe 7"}`;
  const bodies = [body('experiment.started'), body('experiment.stopped')];
  expect(
    receiver.taken.map((taken) => [taken.url, String(taken.body), accepts('a secret', taken, Number(now()))]),
  ).toEqual(bodies.map((text) => ['/hook', text, true]));
  expect(await deliveriesOf(site, id)).toEqual(
    bodies.map((payload) => ({ status: 'delivered', attempts: 1, last_error: null, response_code: 200, payload })),
  );
});

test('a receiver that fails is a warning and a dead letter, which redeliver takes; the exit code stays 0', async () => {
  let code = 503;
  await using receiver = await aReceiver((response) => response.writeHead(code).end());
  const { id } = await aWebhook(site, { url: receiver.url, events, owner });
  const run = await site.run('experiments start R1 --quiet');
  expect([run.code, run.stdout]).toEqual([0, '']);
  expect(run.stderr).toMatch(
    /^warning: http:\S+ was not notified: .* 503 .* webmacs webhooks redeliver [0-9a-f]{8}\n$/,
  );
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'dead_letter', attempts: 1, response_code: 503 }]);
  code = 200;
  expect((await site.run('webhooks redeliver --dead-letter')).code).toBe(0);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
});

test('subscribers are notified at once, so that one waits for no other', async () => {
  let arrived = 0;
  await using receiver = await aReceiver(async (response) => {
    arrived++;
    await until(() => arrived === 12);
    response.end();
  });
  for (let at = 0; at < 12; at++) {
    await aWebhook(site, { url: `${receiver.url}/${at}`, events, owner });
  }
  const { code, stderr } = await site.run('experiments start R1');
  expect([code, stderr]).toEqual([0, expect.stringContaining('12 webhooks notified.')]);
});

test('--no-notify sends and records nothing, and neither does what fails or exists already', async () => {
  await using receiver = await aReceiver();
  const { id } = await aWebhook(site, { url: receiver.url, events, owner });
  expect((await site.run('experiments start R1 --no-notify')).code).toBe(0);
  expect((await site.run('experiments start R1 --if-not-exists')).code).toBe(0);
  expect((await site.run('experiments start R2')).code).toBe(4);
  expect((await site.run('experiments stop --no-notify')).code).toBe(0);
  expect([receiver.taken, await deliveriesOf(site, id)]).toEqual([[], []]);
});

test('it is notified after the commit: the receiver sees the experiment', async () => {
  const seen: unknown[] = [];
  await using receiver = await aReceiver(async (response) => {
    seen.push((await site.pool.query('select name from experiments')).rows);
    response.end();
  });
  await aWebhook(site, { url: receiver.url, events, owner });
  expect((await site.run('experiments start R1')).code).toBe(0);
  expect(seen).toEqual([[{ name: 'R1' }]]);
});

test('Ctrl-C during the notification exits 130, reports that the experiment is started, and leaves the row pending', async () => {
  let arrived = () => {};
  const arrival = new Promise<void>((done) => {
    arrived = done;
  });
  await using receiver = await aReceiver(() => arrived());
  const { id } = await aWebhook(site, { url: receiver.url, events, owner });
  const child = site.start('experiments start R1');
  const ended = new Promise((done) => child.once('close', done));
  let stderr = '';
  child.stderr?.on('data', (piece) => {
    stderr += piece;
  });
  await arrival;
  child.kill('SIGINT');
  expect([await ended, stderr]).toEqual([130, expect.stringContaining('Interrupted. Experiment "R1" is started;')]);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'pending', attempts: 1 }]);
  expect((await site.run('experiments list --active --json')).stdout).toContain('"R1"');
});

test('a delivery that cannot be recorded is a warning, and the experiment is started', async () => {
  await using receiver = await aReceiver();
  await aWebhook(site, { url: receiver.url, events, owner });
  await site.pool.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
  await site.pool.query('create trigger refuse before insert on webhook_deliveries execute function refuse()');
  const { code, stderr } = await site.run('experiments start R1');
  await site.pool.query('drop trigger refuse on webhook_deliveries');
  expect([code, stderr]).toEqual([0, expect.stringContaining('warning: Notifying the webhooks failed: ')]);
  expect((await site.run('experiments list --active --json')).stdout).toContain('"R1"');
});
