import type { ClientBase } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { split } from '../../src/storage/split.ts';
import { AGREED, anEvent, aSite, aUser, type Site } from '../support/site.ts';

let site: Site;
let event: string;
beforeAll(async () => {
  site = await aSite();
  const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
  ({ publicId: event } = await anEvent(site, { owner }));
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
});
afterAll(() => site[Symbol.asyncDispose]());

/** One partition with a row a day of a year and some, and one of a clock that started in 1970. */
beforeEach(async () => {
  const { rows } = await site.pool.query(
    `select relname as name from pg_class where relispartition and relkind = 'r' order by 1`,
  );
  await site.pool.query(rows.map(({ name }) => `drop table ${name}`).join(';'));
  await site.pool.query(`create table old partition of datapoints for values from (minvalue) to ('2026-04-01Z');
    create table datapoints_2026_04 partition of datapoints for values from ('2026-04-01Z') to ('2026-05-01Z')`);
  await insert('2025-02-10Z', '2026-04-10Z');
  await insert('1970-01-01Z', '1970-01-01Z');
});

async function insert(from: string, to: string): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), case when n % 9 = 0 then 'NaN'::float8 else n end, t, $3
       from generate_series($1::timestamptz, $2, '1 day') with ordinality s (t, n)`,
    [from, to, event],
  );
}

async function content(client: Pick<ClientBase, 'query'> = site.pool): Promise<unknown> {
  const { rows } = await client.query(
    `select count(*)::int as rows, md5(string_agg(d::text, '|' order by d::text)) as sum from datapoints d`,
  );
  return rows[0];
}

async function partitions(): Promise<string[]> {
  const { rows } = await site.pool.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'datapoints'::regclass order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Another session, whose transaction is over at the end. */
async function aSnapshot() {
  const client = await site.pool.connect();
  return {
    client,
    take: async () => await client.query('begin isolation level repeatable read; select now()'),
    [Symbol.asyncDispose]: async () => {
      await client.query('rollback');
      client.release();
    },
  };
}

/** Interrupts a split once all rows are copied. */
async function interrupted(): Promise<{ code: number | null; stderr: string }> {
  await using reader = await aSnapshot();
  await reader.take();
  return await site.run(`db storage split --lock-timeout 0s${AGREED}`);
}

const MONTHS = ['2025_02', '2025_03', '2025_04', '2025_05', '2025_06', '2025_07', '2025_08', '2025_09', '2025_10']
  .concat('2025_11', '2025_12', '2026_01', '2026_02', '2026_03', '2026_04', '1970_01', '1970_02', 'before_1970_01')
  .sort()
  .map((name) => `datapoints_${name}`);

/** Tables and functions that a split adds for a while. */
async function leftovers(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `select relname from pg_class where relname ~ '^datapoints_split|^old$' union all select proname from pg_proc where proname = 'datapoints_split'
     union all select conname from pg_constraint where conname = 'datapoints_split'`,
  );
  return rows;
}

test('the first partition becomes months, with the same rows', async () => {
  const before = await content();
  const plan = JSON.parse((await site.run('db storage split --dry-run --json')).stdout);
  expect(plan).toMatchObject({ changed: false, split: 'old', needs_bytes: expect.any(Number) });
  expect(plan.into).toHaveLength(17);
  expect(await site.run(`db storage split${AGREED}`)).toMatchObject({ code: 0 });
  expect(await content()).toEqual(before);
  expect(await partitions()).toEqual(MONTHS);
  expect(await leftovers()).toEqual([]);
  expect((await site.run('db check')).code).toBe(0);
  expect(JSON.parse((await site.run(`db storage split --json${AGREED}`)).stdout)).toMatchObject({ changed: false });
});

test('a split that was interrupted once the months are in place is named, and finished', async () => {
  const before = await content();
  const interrupted = splitWhile(async (step) => {
    if (step.startsWith('removing')) {
      throw new Error('interrupted');
    }
  });
  await expect(interrupted).rejects.toThrow('interrupted');
  expect([await content(), await partitions()]).toEqual([before, MONTHS]);
  const { advice } = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(advice[0]).toMatchObject({ due: true, command: 'webmacs db storage split' });
  for (const changed of [true, false]) {
    expect(JSON.parse((await site.run(`db storage split --json${AGREED}`)).stdout)).toMatchObject({ changed });
    expect(await leftovers()).toEqual([]);
  }
});

test('times of the first century have months of their own, and those before the year 1 stay in the first', async () => {
  for (const time of ['0044-03-15 BC', '0001-01-05', '0001-06-02', '1899-12-31']) {
    await insert(time, time);
  }
  const before = await content();
  const { stdout } = await site.run('db storage split --dry-run --json');
  expect(JSON.parse(stdout).into.slice(0, 7)).toEqual(
    ['before_0001_01', '0001_01', '0001_02', '0001_06', '0001_07', '1899_12', '1900_01'].map(
      (of) => `datapoints_${of}`,
    ),
  );
  expect(await site.run(`db storage split${AGREED}`)).toMatchObject({ code: 0 });
  expect(await content()).toEqual(before);
});

/** Splits as the command does, and calls `meanwhile` before each of its steps. */
async function splitWhile(meanwhile: (step: string) => Promise<void>): Promise<void> {
  const signal = new AbortController().signal;
  await split(site.pool, { lockTimeoutSeconds: 5, signal, onRows() {}, onStep: meanwhile });
}

test('what is written meanwhile is in the copies, whatever was copied by then', async () => {
  const steps: string[] = [];
  await splitWhile(async (step) => {
    steps.push(step);
    const day = `'2025-03-0${Math.min(steps.length, 9)}Z'`;
    await site.pool.query(`update datapoints set value = -1 where timestamp = ${day};
      update datapoints set timestamp = timestamp + interval '5 months 1 hour' where timestamp = timestamptz ${day} + interval '7 days';
      update datapoints set timestamp = '2026-04-20Z' where timestamp = timestamptz ${day} + interval '14 days';
      delete from datapoints where timestamp = timestamptz ${day} + interval '20 days'`);
    await insert('2025-12-01Z', '2026-04-02Z');
    await site.pool.query('create table if not exists expected (sum text); truncate expected');
    await site.pool.query(
      `insert into expected select md5(string_agg(d::text, '|' order by d::text)) from datapoints d`,
    );
  });
  expect(steps.length).toBeGreaterThanOrEqual(7);
  const { rows } = await site.pool.query('select sum from expected');
  expect(await content()).toMatchObject(rows[0]);
  expect(await partitions()).toEqual(MONTHS);
  await site.pool.query('drop table expected');
});

test('a snapshot from just before the copies take its place sees the rows of then', async () => {
  await using reader = await aSnapshot();
  let before: unknown;
  await splitWhile(async (step) => {
    if (step.startsWith('replacing')) {
      before = await content();
      await reader.take();
      await site.pool.query(`delete from datapoints where timestamp < '2025-05-01Z'; update datapoints set value = 0`);
      await insert('2025-08-01Z', '2025-09-01Z');
    }
  });
  expect(await content(reader.client)).toEqual(before);
  expect(await partitions()).toEqual(MONTHS);
});

test('an older snapshot is waited for; then the same command finishes, and corrects what differs', async () => {
  const before = await content();
  const waited = await interrupted();
  expect([waited.code, waited.stderr]).toEqual([7, expect.stringMatching(/open for more than 0 s.*\n.*continues/s)]);
  const status = await site.run('db storage status --exit-code --json');
  expect([status.code, JSON.parse(status.stdout).advice[0].command]).toEqual([6, 'webmacs db storage split']);
  const otherwise = await site.run(`db storage split --every week${AGREED}`);
  expect([otherwise.code, otherwise.stderr]).toEqual([4, expect.stringContaining('A split by month was interrupted')]);
  // As if a row had been deleted, changed and added while its batch was copied.
  await site.pool.query(`update datapoints_split set id = id + 1000000 where timestamp = '2025-05-01Z';
    update datapoints_split set value = 7 where timestamp = '2025-05-02Z'`);
  expect((await site.run(`db storage split${AGREED}`)).code).toBe(0);
  expect(await content()).toEqual(before);
  expect(await leftovers()).toEqual([]);
});

test('a trigger of the partition is named first; an interrupted split can be undone, also by one table again', async () => {
  await site.pool.query(`create function nothing() returns trigger language plpgsql as 'begin return new; end';
    create trigger noting after insert on old for each row execute function nothing()`);
  const { code, stderr } = await site.run(`db storage split${AGREED}`);
  expect([code, stderr]).toEqual([4, expect.stringMatching(/the trigger noting/)]);
  await site.pool.query('drop function nothing cascade');
  await site.pool.query(`delete from datapoints where timestamp >= '2026-04-01Z'`);
  const before = await content();
  for (const undo of ['split --undo', 'plain']) {
    expect((await interrupted()).code).toBe(7);
    expect((await site.run(`db storage ${undo}${AGREED}`)).code).toBe(0);
    expect(await content()).toEqual(before);
    expect((await leftovers()).length).toBe(undo === 'plain' ? 0 : 1);
  }
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
});
