import { afterEach, beforeEach, expect, test } from 'vitest';
import { AGREED, anEvent, aSite, type Site } from '../support/site.ts';
import { aSiteFor, testForm } from '../support/storage-forms.ts';

let site: Site;
beforeEach(async () => {
  site = await aSite();
  const { publicId } = await anEvent(site);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), n, now() - n * interval '1 day', $1 from generate_series(0, 99) n`,
    [publicId],
  );
});
afterEach(() => site[Symbol.asyncDispose]());

async function run(command: string): Promise<void> {
  const { code, stderr } = await site.run(`db storage ${command}${AGREED}`);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
}

/** The settings that each table with rows, and the datapoints themselves, have. */
async function settings(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `select distinct reloptions as options, array(
              select concat_ws(' ', attname, attstattarget, attoptions) from pg_attribute
               where attrelid = c.oid and (attstattarget >= 0 or attoptions is not null) order by 1) as columns
       from pg_class c where oid in (select relid from pg_partition_tree('datapoints') where isleaf union select 'datapoints'::regclass)
        and relkind = 'r'`,
  );
  return rows;
}

test('partitions have the storage parameters and statistics targets of the table, and that has them again', async () => {
  await site.pool.query(`alter table datapoints set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
    alter table datapoints alter value set statistics 500, alter event_public_id set (n_distinct = -0.5)`);
  const before = await settings();
  expect(before).toEqual([
    {
      options: ['fillfactor=70', 'autovacuum_vacuum_scale_factor=0.01'],
      columns: ['event_public_id {n_distinct=-0.5}', 'value 500'],
    },
  ]);
  for (const command of ['partition', 'extend --ahead 5', 'split', 'plain', 'partition', 'plain']) {
    await run(command);
    expect([command, await settings()]).toEqual([command, before]);
  }
});

test('storage parameters of some partitions, which one table does not get, are named', async () => {
  await run('partition');
  await run('split');
  const { rows } = await site.pool.query(
    `select min(inhrelid::regclass::text) as name from pg_inherits where inhparent = 'datapoints'::regclass`,
  );
  await site.pool.query(`alter table ${rows[0].name} set (fillfactor = 70)`);
  for (const dry of [' --dry-run', '']) {
    const { code, stderr } = await site.run(`db storage plain${dry}${AGREED}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('those of most of them (none), not fillfactor=70.')]);
  }
  expect(await settings()).toEqual([{ options: null, columns: [] }]);
});

test('the partition that replaces pruned ones has them, too', async () => {
  await site.pool.query('alter table datapoints set (fillfactor = 70)');
  await run('partition');
  await run('split');
  const pruned = await site.run('datapoints prune --older-than 40d --yes');
  expect(pruned).toMatchObject({ code: 0 });
  expect(await settings()).toEqual([{ options: ['fillfactor=70'], columns: [] }]);
});

test.each([
  ['a replica identity', 'alter table datapoints replica identity full'],
  [
    'the order of rows by the index ix_datapoints_timestamp',
    'alter table datapoints cluster on ix_datapoints_timestamp',
  ],
  [
    'the statistics target of the index by_hour',
    `create index by_hour on datapoints (date_trunc('hour', timestamp, 'utc')); alter index by_hour alter column 1 set statistics 500`,
  ],
])('%s, which would be lost, is named first', async (lost, change) => {
  await site.pool.query(change);
  const { code, stderr } = await site.run(`db storage partition --dry-run${AGREED}`);
  expect([code, stderr]).toEqual([4, expect.stringContaining(`"datapoints" has what would be lost: ${lost}.`)]);
});

/** The comments of the table, and of all that it has. */
async function comments(): Promise<unknown[]> {
  const { rows } = await site.pool.query(
    `select pg_describe_object(classoid, objoid, objsubid) as object, description as comment from pg_description
      where (objoid in (select 'datapoints'::regclass union all select indexrelid from pg_index where indrelid = 'datapoints'::regclass)
             or objoid in (select oid from pg_constraint where conrelid = 'datapoints'::regclass)) order by 1`,
  );
  return rows;
}

const COMMENTED = `do $$ declare object text; begin
    alter table datapoints add constraint near check (value < 1e9);
    for object in select format('constraint %I on datapoints', conname) from pg_constraint
                   where conrelid = 'datapoints'::regclass and contype in ('p', 'u', 'c', 'f')
                  union all select 'index ' || indexrelid::regclass from pg_index where indrelid = 'datapoints'::regclass
                  union all select unnest(array['table datapoints', 'column datapoints.value']) loop
      execute format('comment on %s is %L', object, e'own:\n' || object);
    end loop;
  end $$`;

test('no comment is left of a conversion, where there was none', async () => {
  for (const command of ['partition', 'plain', 'partition', 'split', 'plain']) {
    await run(command);
    expect([command, await comments()]).toEqual([command, []]);
  }
});

test('comments on indexes and constraints stay', async () => {
  await site.pool.query(COMMENTED);
  const before = await comments();
  expect(before.length).toBeGreaterThan(8);
  for (const command of ['partition', 'plain', 'partition', 'split', 'plain']) {
    await run(command);
    expect([command, await comments()]).toEqual([command, before]);
  }
});

testForm('hypertable', 'so they do in a hypertable', async () => {
  await site[Symbol.asyncDispose]();
  site = await aSiteFor('hypertable');
  await site.pool.query(COMMENTED);
  const before = await comments();
  for (const command of ['timescale', 'plain']) {
    await run(command);
    expect([command, await comments()]).toEqual([command, before]);
  }
});
