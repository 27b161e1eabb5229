import { afterAll, beforeAll, expect, test } from 'vitest';
import { aSource, migrateFrom, viewOf } from '../support/migration.ts';
import { aSite, type Site } from '../support/site.ts';

let source: Site;
beforeAll(async () => {
  source = await aSource();
});
afterAll(() => source[Symbol.asyncDispose]());

/** A site whose empty table is in partitions. */
async function partitioned(): Promise<Site> {
  const site = await aSite();
  expect((await site.run('db storage partition --server-agrees')).code).toBe(0);
  return site;
}

test('all rows arrive in partitions, and from there in one table', async () => {
  await using partitions = await partitioned();
  await using table = await aSite();
  const before = await viewOf(source);
  for (const [from, to] of [
    [source, partitions],
    [partitions, table],
  ] as const) {
    expect((await migrateFrom(from, to)).code).toBe(0);
    expect(await viewOf(to)).toEqual(before);
  }
});

test('datapoints for which the target has no partition are named before anything is copied', async () => {
  await using target = await partitioned();
  await source.pool.query(
    `update datapoints set timestamp = '2199-01-01Z' where id = (select min(id) from datapoints)`,
  );
  for (const words of [['--dry-run'], []]) {
    const { code, stderr } = await migrateFrom(source, target, ...words);
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/no partition for 1 datapoint with times from 2199-01-01 .*\n.*extend/),
    ]);
  }
  const { rows } = await target.pool.query(
    'select (select count(*)::int from users) as users, (select count(*)::int from datapoints) as rows',
  );
  expect(rows).toEqual([{ users: 0, rows: 0 }]);
});
