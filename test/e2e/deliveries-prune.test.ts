import { afterAll, expect, test } from 'vitest';
import { oldDeliveries } from '../../src/prune/plan.ts';
import { prune } from '../../src/prune/prune.ts';
import { aSite, aUser } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
const { rows } = await site.pool.query(
  `insert into webhooks (public_id, url, events, enabled, user_public_id, created_on)
   values (gen_random_uuid(), 'https://lab.org/hook', '[]', true, $1, now()) returning id`,
  [owner],
);

async function deliveries(status: string, daysAgo: number): Promise<void> {
  await site.pool.query(
    `insert into webhook_deliveries (public_id, webhook_id, event_type, payload, status, attempts, created_on)
     values (gen_random_uuid(), $1, 'sensor.reading', '{}', $2, 1, now() - $3 * interval '1 day')`,
    [rows[0].id, status, daysAgo],
  );
}

async function left(): Promise<string[]> {
  const found = await site.pool.query('select status from webhook_deliveries order by id');
  return found.rows.map(({ status }) => status);
}

test('old deliveries of a status are pruned, or all of them', async () => {
  for (const status of ['delivered', 'failed']) {
    await deliveries(status, 40);
    await deliveries(status, 20);
  }
  const before = new Date(Date.now() - 30 * 86_400_000).toISOString();
  const settings = { batchSize: 10, lockTimeoutSeconds: 1, signal: new AbortController().signal };
  const cutoff = { before, now: '0' };
  const some = await prune(site.pool, oldDeliveries(cutoff, { status: 'delivered' }), settings);
  expect(some).toMatchObject({ deleted: 1, remaining: 0 });
  expect(await left()).toEqual(['delivered', 'failed', 'failed']);
  expect(await prune(site.pool, oldDeliveries(cutoff, {}), settings)).toMatchObject({ deleted: 1 });
  expect(await left()).toEqual(['delivered', 'failed']);
});

test('webhooks deliveries prune does so from the command line', async () => {
  await deliveries('dead_letter', 40);
  const { code, stdout } = await site.run('webhooks deliveries prune --older-than 30d --status dead_letter --json');
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ deleted: 1, remaining: 0 })]);
});
