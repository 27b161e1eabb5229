import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { deleteByPublicId, getOr404 } from '../../src/database/repository.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { Datapoint } from '../../src/entities/index.ts';
import { ConflictError } from '../../src/errors.ts';
import { AGREED, anEvent, aSite, aUser, insertRow, type Site } from '../support/site.ts';

let site: Site;
let owner: string;
let event: string;
beforeAll(async () => {
  site = await aSite();
  ({ publicId: owner } = await aUser(site, { username: 'root', admin: true }));
  ({ publicId: event } = await anEvent(site, { owner }));
  expect((await site.run(`db storage partition${AGREED}`)).code).toBe(0);
  // As if the conversion had been years ago: every month has its partition.
  const { rows } = await site.pool.query(
    `select relname from pg_class where relname ~ '^datapoints_' and relispartition and relkind = 'r'`,
  );
  await site.pool.query(rows.map(({ relname }) => `drop table ${relname}`).join(';'));
  await site.pool.query(`create table datapoints_before_2026_01 partition of datapoints for values from (minvalue) to ('2026-01-01Z');
    create table datapoints_2026_01 partition of datapoints for values from ('2026-01-01Z') to ('2026-02-01Z');
    create table datapoints_2026_02 partition of datapoints for values from ('2026-02-01Z') to ('2026-03-01Z');
    create table datapoints_2026_03 partition of datapoints for values from ('2026-03-01Z') to ('2099-01-01Z')`);
});
afterAll(() => site[Symbol.asyncDispose]());

async function fill(): Promise<void> {
  await site.pool.query('truncate datapoints');
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), 1, t, $1 from generate_series('2025-12-01Z'::timestamptz, '2026-03-31Z', '1 day') t`,
    [event],
  );
}

/** Prunes all before a day, and returns what was told and what is left. */
async function pruneBefore(day: string, more = '') {
  const seconds = Math.round((Date.now() - Date.parse(day)) / 1000);
  const { stdout } = await site.run(`datapoints prune --older-than PT${seconds}S --json${more}`);
  const { rows } = await site.pool.query(
    `select count(*)::int as rows, min(timestamp) as first,
            array(select relname::text from pg_class where relispartition and relkind = 'r' order by 1) as partitions from datapoints`,
  );
  return { told: JSON.parse(stdout), left: rows[0] };
}

test('whole partitions are dropped, the rest of the rows deleted, and earlier times still have a place', async () => {
  await fill();
  const { told, left } = await pruneBefore('2026-02-11T12:00:00Z');
  expect(told).toMatchObject({
    deleted: 31 + 31 + 11,
    remaining: 0,
    dropped: ['datapoints_before_2026_01', 'datapoints_2026_01'],
  });
  expect(left).toEqual({
    rows: 17 + 31,
    first: new Date('2026-02-12Z'),
    partitions: ['datapoints_2026_02', 'datapoints_2026_03', 'datapoints_before_2026_02'],
  });
  await fill();
  expect((await site.pool.query('select count(*)::int as n from datapoints')).rows).toEqual([{ n: 121 }]);
});

test('with --keep-experiments only where no row belongs to one', async () => {
  await fill();
  await insertRow(site, 'experiments', {
    public_id: 'run',
    name: 'Run',
    started_on: '2026-01-01Z',
    user_public_id: owner,
  });
  await site.pool.query(`update datapoints set experiment_public_id = 'run' where timestamp = '2026-01-05Z'`);
  const { told, left } = await pruneBefore('2026-03-01T12:00:00Z', ' --keep-experiments');
  expect(told).toMatchObject({ deleted: 31 + 30 + 28 + 1, dropped: ['datapoints_2026_02'] });
  expect(left).toMatchObject({ rows: 31, first: new Date('2026-01-05Z') });
  await fill();
});

test('a partition until a year of five digits is not old', async () => {
  await fill();
  await site.pool.query(`alter table datapoints detach partition datapoints_2026_03;
    alter table datapoints attach partition datapoints_2026_03 for values from ('2026-03-01Z') to ('10000-01-01Z')`);
  const { told, left } = await pruneBefore('2026-03-11T12:00:00Z');
  expect([told.dropped.includes('datapoints_2026_03'), left.rows]).toEqual([false, 20]);
});

test('sizes and rows of partitions are added up, their dead rows vacuumed, and the whole analysed', async () => {
  await fill();
  await site.pool.query(`delete from datapoints where timestamp < '2026-03-05Z'; select pg_stat_force_next_flush()`);
  const before = JSON.parse((await site.run('db maintain --dry-run --json')).stdout);
  expect(before).toContainEqual(expect.objectContaining({ table: 'datapoints', action: 'analyze' }));
  expect(before).toContainEqual(
    expect.objectContaining({ table: 'datapoints_2026_03', action: expect.stringMatching('vacuum') }),
  );
  expect((await site.run('db maintain --reindex --table datapoints')).code).toBe(0);
  const { tables } = JSON.parse((await site.run('db info --json')).stdout);
  expect(tables.find(({ table }: { table: string }) => table === 'datapoints')).toMatchObject({
    rows: 27,
    size_bytes: expect.any(Number),
  });
  const again = JSON.parse((await site.run('db maintain --dry-run --json')).stdout);
  expect(again.filter(({ table }: { table: string }) => table.startsWith('datapoints'))).toEqual([]);
});

test('what is imported into a partition goes with its event', async () => {
  const { publicId } = await anEvent(site, { owner });
  const { rows } = await site.pool.query('select name from events where public_id = $1', [publicId]);
  const input = `timestamp,event,value\n2026-03-10T00:00:00Z,"${rows[0].name}",1\n`;
  const { code, stderr } = await site.run('datapoints import - --json', { input });
  expect([code, stderr]).toEqual([0, '']);
  await site.pool.query('delete from events where public_id = $1', [publicId]);
  const { rows: left } = await site.pool.query('select count(*)::int as n from datapoints where event_public_id = $1', [
    publicId,
  ]);
  expect(left).toEqual([{ n: 0 }]);
});

test('a public id that two partitions have is a conflict, and deletes neither', async () => {
  await fill();
  await site.pool.query(
    `update datapoints set public_id = '0198c2aa-twice' where timestamp in ('2026-02-20Z', '2026-03-20Z')`,
  );
  for (const line of [
    'datapoints show 0198c2aa-twice',
    'datapoints show 0198c2aa',
    'datapoints delete 0198c2aa-twice --yes',
    'datapoints update 0198c2aa-twice --value 1',
    'datapoints list --after 0198c2aa-twice',
  ]) {
    const { code, stderr } = await site.run(line);
    expect([line, code, stderr]).toEqual([line, 4, expect.stringContaining('has the public id "0198c2aa-twice", in')]);
  }
  expect((await site.pool.query(`select value from datapoints where public_id = '0198c2aa-twice'`)).rows).toEqual([
    { value: 1 },
    { value: 1 },
  ]);
});

test('so it is for a program', async () => {
  await fill();
  await site.pool.query(
    `update datapoints set public_id = '0198c2aa-twice' where timestamp in ('2026-02-20Z', '2026-03-20Z')`,
  );
  await using database = await Database.open(targetFromUrl(site.url));
  await expect(deleteByPublicId(database.em, Datapoint, '0198c2aa-twice', 'Datapoint')).rejects.toThrow(ConflictError);
  await expect(getOr404(database.em, Datapoint, '0198c2aa-twice', 'Datapoint')).rejects.toThrow(ConflictError);
  const { rows } = await site.pool.query(
    `select count(*)::int as n from datapoints where public_id = '0198c2aa-twice'`,
  );
  expect(rows).toEqual([{ n: 2 }]);
});
