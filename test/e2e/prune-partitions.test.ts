import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { addPartition, daysAgo, oldDatapoints, remakeDatapoints } from '../support/partitions.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { pool } = site;
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
const { publicId: event, name } = await anEvent(site, { owner });
const target = { pool, event };
await pool.query(
  `insert into webhooks (public_id, url, events, enabled, user_public_id, created_on)
   values (gen_random_uuid(), 'https://lab.org/hook', '[]', true, $1, now())`,
  [owner],
);

const PRUNE = 'datapoints prune --older-than 365d';

async function idsOf(condition: string, table = 'datapoints'): Promise<string[]> {
  const { rows } = await pool.query(`select id::text from ${table} where ${condition} order by ${table}.id`);
  return rows.map(({ id }) => id);
}

/** Prunes, after having counted, and expects the count to be right and nothing but the old rows to go. */
async function pruneOnlyTheOld(line = PRUNE): Promise<number> {
  const young = await idsOf(`timestamp >= '${daysAgo(365)}'`);
  const counted = JSON.parse((await site.run(`${line} --dry-run --json`)).stdout).would_delete;
  const { code, stdout } = await site.run(`${line} --json`);
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ deleted: counted, remaining: 0 })]);
  expect(await idsOf('true')).toEqual(young);
  return counted;
}

describe('partitions', () => {
  beforeEach(async () => {
    await remakeDatapoints(pool, { partitioned: true });
  });

  test('only the old rows go, though young ones have the same places in another partition', async () => {
    await addPartition(pool, 'before', { from: 4000, to: 370 });
    await addPartition(pool, 'since', { from: 370, to: -10 });
    await oldDatapoints(target, 3, { days: 400 });
    await oldDatapoints(target, 5, { days: 3 });
    expect(await pruneOnlyTheOld()).toBe(3);
  });

  test('many rows in weekly partitions go in small batches, of one event too', async () => {
    for (let week = 0; week < 20; week += 1) {
      await addPartition(pool, `week_${week}`, { from: 440 - week * 7, to: 440 - (week + 1) * 7 });
    }
    await oldDatapoints(target, 19_000, { days: 438.002, every: '10 minutes' });
    const line = `${PRUNE} --batch-size 300`;
    expect(await pruneOnlyTheOld(`${line} --event ${name}`)).toBeGreaterThan(10_000);
    await oldDatapoints(target, 1000, { days: 438, every: '1 hour' });
    expect(await pruneOnlyTheOld(line)).toBe(1000);
  });

  test('partitions of partitions, in another schema', async () => {
    await pool.query('create schema if not exists "Other one"');
    await addPartition(pool, 'older', { from: 4000, to: 370, more: 'partition by range (timestamp)' });
    await addPartition(pool, '"Other one"."First ""half"""', { from: 4000, to: 500, of: 'older' });
    await addPartition(pool, '"Other one"."Second"', { from: 500, to: 370, of: 'older' });
    await addPartition(pool, 'younger', { from: 370, to: -10 });
    for (const days of [600, 600, 450, 5]) {
      await oldDatapoints(target, 4, { days });
    }
    expect(await pruneOnlyTheOld()).toBe(12);
  });

  test('a partitioned table without a partition has nothing to prune', async () => {
    expect(await pruneOnlyTheOld()).toBe(0);
  });

  test('a row that another session holds is left, the same place in another partition is not', async () => {
    await addPartition(pool, 'before', { from: 4000, to: 500 });
    await addPartition(pool, 'since', { from: 500, to: -10 });
    for (const days of [600, 400]) {
      await oldDatapoints(target, 20, { days });
    }
    const holder = await pool.connect();
    await holder.query('begin');
    const { rows } = await holder.query(`select id::text from before where value = 7 for update`);
    const { code, stdout } = await site.run(`${PRUNE} --batch-size 3 --json`);
    await holder.query('rollback');
    holder.release();
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ deleted: 39, remaining: 1 })]);
    expect(await idsOf('true')).toEqual([rows[0].id]);
  });
});

test('ids beyond 2^53, some of them held', async () => {
  await remakeDatapoints(pool, { partitioned: true, id: 'bigint' });
  await addPartition(pool, 'before', { from: 4000, to: -10 });
  await oldDatapoints(target, 10, { days: 400, firstId: '9007199254740990' });
  const held = ['9007199254740992', '9007199254740993', '9007199254740995'];
  const holder = await pool.connect();
  await holder.query('begin');
  await holder.query('select from before where id = any ($1::bigint[]) for update', [held]);
  const { stdout } = await site.run(`${PRUNE} --batch-size 2 --json`);
  await holder.query('rollback');
  holder.release();
  expect(JSON.parse(stdout)).toMatchObject({ deleted: 7, remaining: 3 });
  expect(await idsOf('true')).toEqual(held);
});

describe('children by inheritance', () => {
  test('as the chunks of a hypertable, in another schema, without or with rows in the parent', async () => {
    await remakeDatapoints(pool, { partitioned: false });
    await pool.query('create schema if not exists _timescaledb_internal');
    for (const chunk of ['_hyper_1_1_chunk', '_hyper_1_2_chunk']) {
      await pool.query(`create table _timescaledb_internal.${chunk} () inherits (datapoints)`);
    }
    await oldDatapoints(target, 50, { days: 400, into: '_timescaledb_internal._hyper_1_1_chunk' });
    await oldDatapoints(target, 60, { days: 4, into: '_timescaledb_internal._hyper_1_2_chunk' });
    expect(await pruneOnlyTheOld()).toBe(50);
    await oldDatapoints(target, 20, { days: 400 });
    await oldDatapoints(target, 20, { days: 40 });
    await oldDatapoints(target, 20, { days: 400, into: '_timescaledb_internal._hyper_1_1_chunk' });
    expect(await pruneOnlyTheOld()).toBe(40);
  });

  test.each([
    [
      'log_entries',
      'logs prune --older-than 90d',
      `(public_id, content, logging_type, status_type, user_public_id, created_on)
       select gen_random_uuid(), 'x', 'info', 'read', '${owner}', $1::timestamptz`,
    ],
    [
      'webhook_deliveries',
      'webhooks deliveries prune --older-than 90d',
      `(public_id, webhook_id, event_type, payload, status, attempts, created_on)
       select gen_random_uuid(), (select id from webhooks), 'x', '{}', 'failed', 1, $1::timestamptz`,
    ],
    [
      'blacklist_tokens',
      'tokens prune --older-than 90d',
      '(token, blacklisted_on) select gen_random_uuid(), $1::timestamptz',
    ],
  ])('%s', async (table, line, row) => {
    const insert = async (into: string, count: number, days: number) =>
      await pool.query(`insert into ${into} ${row} from generate_series(1, ${count})`, [daysAgo(days)]);
    await pool.query(`create table ${table}_archive () inherits (${table})`);
    await insert(table, 40, 10);
    await insert(`${table}_archive`, 5, 10);
    const young = await idsOf('true', table);
    await insert(`${table}_archive`, 30, 100);
    const count = JSON.parse((await site.run(`${line} --dry-run --json`)).stdout).would_delete;
    const { stdout } = await site.run(`${line} --batch-size 7 --json`);
    expect([count, JSON.parse(stdout)]).toEqual([30, expect.objectContaining({ deleted: 30, remaining: 0 })]);
    expect(await idsOf('true', table)).toEqual(young);
  });
});
