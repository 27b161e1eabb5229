import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { leavesOf } from '../../src/database/leaves.ts';
import { deleteBatch } from '../../src/prune/batch.ts';
import { placesOf } from '../../src/prune/places.ts';
import { oldDatapoints as planOf } from '../../src/prune/plan.ts';
import { addPartition, daysAgo, oldDatapoints, remakeDatapoints } from '../support/partitions.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';

const site = await aSite();
const { pool } = site;
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
const { publicId: event } = await anEvent(site, { owner });
const target = { pool, event };
const role = `role_${randomUUID()}`;
await pool.query(`create role "${role}" login; grant select on all tables in schema public to "${role}"`);
afterAll(async () => {
  await pool.query(`drop owned by "${role}"; drop role "${role}"`);
  await site[Symbol.asyncDispose]();
});

const PRUNE = 'datapoints prune --older-than 365d';
const plan = planOf({ before: daysAgo(365), now: '0' }, {});
const [condition = { sql: 'false', parameters: [] }] = plan.conditions;

async function count(table = 'datapoints'): Promise<number> {
  const { rows } = await pool.query(`select count(*)::int as count from ${table}`);
  return rows[0].count;
}

async function asRole(line: string) {
  const url = new URL(site.url);
  url.username = role;
  return await site.run(line, { env: { DATABASE_URL: url.href } });
}

/** Two partitions with 30 old rows each, and one with 20 young ones. */
beforeEach(async () => {
  await remakeDatapoints(pool, { partitioned: true });
  await pool.query('drop table if exists first, renamed cascade');
  await addPartition(pool, 'first', { from: 4000, to: 500 });
  await addPartition(pool, 'second', { from: 500, to: 370 });
  await addPartition(pool, 'third', { from: 370, to: -10 });
  for (const [rows, days] of [
    [30, 600],
    [30, 400],
    [20, 4],
  ] as const) {
    await oldDatapoints(target, rows, { days });
  }
});

describe('a partition that changes while a prune is on its way', () => {
  /** Prunes while a transaction has done `change` to the table and commits it only when the prune waits for it. */
  async function pruneAcross(change: string): Promise<unknown> {
    const other = await pool.connect();
    await other.query(`begin; ${change}`);
    const pruned = site.run(`${PRUNE} --json`);
    const waits =
      'select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())';
    const deadline = Date.now() + 30_000;
    while ((await pool.query(waits)).rowCount === 0 && Date.now() < deadline) {
      await sleep(5);
    }
    await other.query('commit');
    other.release();
    const { code, stdout, stderr } = await pruned;
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  }

  test('detached, it keeps its rows', async () => {
    expect(await pruneAcross('alter table datapoints detach partition first')).toMatchObject({
      deleted: 30,
      remaining: 0,
    });
    expect([await count(), await count('first')]).toEqual([20, 30]);
  });

  test('dropped, it is not counted', async () => {
    expect(await pruneAcross('drop table first')).toMatchObject({ deleted: 30, remaining: 0 });
    expect(await count()).toBe(20);
  });

  test('renamed, it is found again', async () => {
    expect(await pruneAcross('alter table first rename to renamed')).toMatchObject({ deleted: 60, remaining: 0 });
    expect([await count(), await count('renamed')]).toEqual([20, 0]);
  });

  test('one whose name another table has taken is not mixed up with it', async () => {
    const swap = `alter table datapoints detach partition first; alter table first rename to renamed;
      create table first (like renamed); insert into first select * from renamed`;
    expect(await pruneAcross(swap)).toMatchObject({ deleted: 30, remaining: 0 });
    expect([await count('first'), await count('renamed')]).toEqual([30, 30]);
  });

  test('detached a level higher, it keeps its rows', async () => {
    await pool.query('drop table first');
    await addPartition(pool, 'first', { from: 4000, to: 500, more: 'partition by range (timestamp)' });
    await addPartition(pool, 'inner_part', { from: 4000, to: 500, of: 'first' });
    await oldDatapoints(target, 30, { days: 600 });
    const client = await pool.connect();
    const [leaf] = (await leavesOf(client, 'datapoints')).filter(({ name }) => name === 'inner_part');
    await client.query('alter table datapoints detach partition first');
    expect(leaf && (await deleteBatch(client, plan, condition, 10, leaf, undefined))).toBeUndefined();
    client.release();
    expect(await count('inner_part')).toBe(30);
  });
});

describe('a role', () => {
  test('with rights on the table alone prunes through it', async () => {
    await pool.query(`grant select, update, delete on datapoints to "${role}"`);
    const dry = JSON.parse((await asRole(`${PRUNE} --dry-run --json`)).stdout);
    const { code, stdout, stderr } = await asRole(`${PRUNE} --batch-size 7 --json`);
    expect([dry.would_delete, code, stderr]).toEqual([60, 0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ deleted: 60, remaining: 0 });
    expect(await count('third')).toBe(20);
  });

  test('through the table, too, leaves the rows that others hold', async () => {
    await pool.query(`grant select, update, delete on datapoints to "${role}"`);
    const holder = await pool.connect();
    await holder.query('begin; select from first where value in (3, 4, 5) for update');
    const { stdout } = await asRole(`${PRUNE} --batch-size 2 --json`);
    await holder.query('rollback');
    holder.release();
    expect(JSON.parse(stdout)).toMatchObject({ deleted: 57, remaining: 3 });
    expect(await count()).toBe(23);
  });

  test('without the right is refused, and nothing is deleted', async () => {
    await pool.query(`grant select on datapoints to "${role}"`);
    const { code, stderr } = await asRole(PRUNE);
    expect([code, stderr]).toEqual([5, expect.stringContaining('permission denied for table datapoints')]);
    expect(await count()).toBe(80);
  });

  test('to whom row security shows a part prunes only that, though the partitions would show all', async () => {
    await pool.query(`grant select, update, delete on datapoints, first, second, third to "${role}";
      alter table datapoints enable row level security; create policy part on datapoints using (value < 10)`);
    expect(JSON.parse((await asRole(`${PRUNE} --dry-run --json`)).stdout)).toMatchObject({ would_delete: 20 });
    expect(JSON.parse((await asRole(`${PRUNE} --json`)).stdout)).toMatchObject({ deleted: 20, remaining: 0 });
    expect(await count()).toBe(60);
  });
});

test('a trigger for each statement is not passed by', async () => {
  await pool.query(`create table if not exists audit (deleted int);
    create or replace function audit_f() returns trigger language plpgsql as
      'begin insert into audit select count(*) from gone; return null; end';
    create trigger audit after delete on datapoints referencing old table as gone execute function audit_f()`);
  expect(JSON.parse((await site.run(`${PRUNE} --json`)).stdout)).toMatchObject({ deleted: 60 });
  expect((await pool.query('select sum(deleted)::int as sum from audit')).rows).toEqual([{ sum: 60 }]);
});

test('what the database refuses in the middle is told with its own sentence, the leaf, and what is gone', async () => {
  await pool.query(`create or replace function refuse() returns trigger language plpgsql as
      $$ begin raise 'transparent decompression only supports tableoid system column' using errcode = '0A000'; end $$;
    create trigger refuse before delete on second for each row execute function refuse()`);
  const { code, stderr } = await site.run(PRUNE);
  expect(code).toBe(5);
  expect(stderr).toContain('Deleting from "public"."second" failed.');
  expect(stderr).toContain('transparent decompression only supports tableoid system column');
  expect(stderr).toContain('30 rows of datapoints were deleted');
  expect(await count()).toBe(50);
});

test('a rule for DELETE is refused before anything is deleted, also by --dry-run', async () => {
  await pool.query('create rule kept as on delete to datapoints do also select 1');
  for (const line of [PRUNE, `${PRUNE} --dry-run`]) {
    const { code, stderr } = await site.run(line);
    expect([code, stderr]).toEqual([4, expect.stringContaining('has a rule for DELETE')]);
  }
  expect(await count()).toBe(80);
  await pool.query('drop rule kept on datapoints');
});

test('a foreign table with rows to delete is refused by name, one without is passed over', async () => {
  const { searchParams, port, pathname, username } = new URL(site.url);
  const far = `host '${searchParams.get('host')}', port '${port}', dbname '${pathname.slice(1)}'`;
  await pool.query(`create extension if not exists postgres_fdw; drop server if exists far cascade;
    create server far foreign data wrapper postgres_fdw options (${far});
    create user mapping for current_user server far options (user '${username}');
    alter table datapoints detach partition first; alter table datapoints drop constraint datapoints_pkey`);
  await pool.query(`create foreign table far_part partition of datapoints
    for values from ('${daysAgo(3900)}') to ('${daysAgo(500)}') server far options (table_name 'first')`);
  for (const line of [PRUNE, `${PRUNE} --dry-run`]) {
    const { code, stderr } = await site.run(line);
    expect([code, stderr]).toEqual([4, expect.stringContaining('"public"."far_part" is a foreign table')]);
  }
  expect(await count()).toBe(80);
  await pool.query('delete from first');
  expect(JSON.parse((await site.run(`${PRUNE} --json`)).stdout)).toMatchObject({ deleted: 30, remaining: 0 });
  expect(await count()).toBe(20);
});

test('a view is refused by name', async () => {
  await pool.query('alter table datapoints rename to measured; create view datapoints as select * from measured');
  const { code, stderr } = await site.run(PRUNE);
  await pool.query('drop view datapoints; alter table measured rename to datapoints');
  expect([code, stderr]).toEqual([5, expect.stringContaining('is a view')]);
});

test('a batch that would delete more than it has selected is rolled back', async () => {
  // Its places are those of all partitions, which a leaf never has.
  await pool.query('create view no_leaf as select ctid, id, timestamp from datapoints');
  const client = await pool.connect();
  const [leaf] = await leavesOf(client, 'no_leaf');
  const failure: unknown = await (leaf && deleteBatch(client, plan, condition, 1000, leaf, undefined))?.catch(
    (error: unknown) => error,
  );
  client.release();
  expect(failureOf(failure)).toMatchObject({
    exitCode: 1,
    message: 'A batch selected 60 rows of "public"."no_leaf" and would have deleted 80; it was rolled back.',
  });
  expect(await count()).toBe(80);
});

test('leaf by leaf is the way where nothing is in the way', async () => {
  expect((await placesOf(pool, plan)).length).toBe(3);
});
