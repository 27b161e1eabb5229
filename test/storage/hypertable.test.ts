import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { makeHypertable } from '../support/hypertable.ts';
import { anEvent, anExperiment, aUser, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';

let site: Site;
let event: { publicId: string; name: string };
let experiment: { publicId: string; name: string };
beforeAll(async () => {
  if (hasForm('hypertable')) {
    site = await aSiteFor('hypertable');
    const { publicId: owner } = await aUser(site, { username: 'root', admin: true });
    event = await anEvent(site, { owner });
    experiment = await anExperiment(site, { owner });
    await makeHypertable(site.pool, '1 day');
  }
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** One datapoint per hour, on the first ten days of 2026. */
beforeEach(async () => {
  await site?.pool.query('truncate datapoints');
  await site?.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select '0198c2aa-' || n, n, timestamptz '2026-01-01Z' + n * interval '1 hour', $1, case when n = 30 then $2 end
       from generate_series(0, 239) n`,
    [event.publicId, experiment.publicId],
  );
});

/** Prunes all before a moment, and returns what was told and what is left. */
async function pruneBefore(moment: string, more = '') {
  const seconds = Math.round((Date.now() - Date.parse(moment)) / 1000);
  const { stdout } = await site.run(`datapoints prune --older-than PT${seconds}S --json${more}`);
  const { rows } = await site.pool.query(
    `select count(*)::int as rows, min(timestamp) as first,
            (select count(*)::int from pg_inherits where inhparent = 'datapoints'::regclass) as chunks from datapoints`,
  );
  return { told: JSON.parse(stdout), left: rows[0] };
}

testForm('hypertable', 'chunks before the moment are dropped, the rest of the rows deleted', async () => {
  const { told, left } = await pruneBefore('2026-01-04T12:30:00Z');
  expect(told).toMatchObject({ deleted: 85, remaining: 0, dropped: Array(3).fill(expect.stringMatching(/_chunk$/)) });
  expect(left).toEqual({ rows: 155, first: new Date('2026-01-04T13:00:00Z'), chunks: 7 });
});

testForm('hypertable', 'with --keep-experiments only where no row belongs to one', async () => {
  const { told, left } = await pruneBefore('2026-01-04T00:30:00Z', ' --keep-experiments');
  expect(told.dropped).toHaveLength(2);
  expect([told.deleted, left]).toEqual([72, { rows: 168, first: new Date('2026-01-02T06:00:00Z'), chunks: 8 }]);
});

testForm(
  'hypertable',
  'compressed chunks are dropped, and old rows deleted from them, where the licence has them',
  async () => {
    const { rows } = await site.pool.query(`select current_setting('timescaledb.license') as license`);
    const compress = `alter table datapoints set (timescaledb.compress, timescaledb.compress_segmentby = 'event_public_id');
    select compress_chunk(chunk) from show_chunks('datapoints') chunk`;
    if (rows[0].license === 'apache') {
      await expect(site.pool.query(compress)).rejects.toThrow('not supported under the current "apache" license');
      return;
    }
    await site.pool.query(compress);
    const { told, left } = await pruneBefore('2026-01-04T12:30:00Z');
    expect([told.deleted, told.remaining, told.dropped.length]).toEqual([85, 0, 3]);
    expect(left).toEqual({ rows: 155, first: new Date('2026-01-04T13:00:00Z'), chunks: 7 });
    expect(JSON.parse((await site.run('db storage status --json')).stdout)).toMatchObject({ rows: 155 });
    const one = await site.run(`datapoints prune --older-than 1d --event ${event.name} --json`);
    expect(JSON.parse(one.stdout)).toMatchObject({ deleted: 155, remaining: 0 });
  },
);

testForm('hypertable', 'chunks by another column than the time are not dropped', async () => {
  await using other = await aSiteFor('hypertable');
  const { publicId } = await anEvent(other);
  await other.pool.query(`create extension if not exists timescaledb;
    alter table datapoints drop constraint datapoints_pkey, drop constraint if exists datapoints_public_id_key;
    drop index if exists ix_datapoints_public_id; alter table datapoints add column seen timestamptz not null default '2026-01-01Z';
    select create_hypertable('datapoints', by_range('seen', interval '1 day'))`);
  await other.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id) values ('old', 1, '2026-01-01Z', $1), ('new', 1, now(), $1)`,
    [publicId],
  );
  const { stdout } = await other.run('datapoints prune --older-than 1d --json');
  expect(JSON.parse(stdout)).toMatchObject({ deleted: 1 });
  expect((await other.pool.query('select public_id from datapoints')).rows).toEqual([{ public_id: 'new' }]);
});

testForm('hypertable', 'a chunk that another session reads for long is left to the batches', async () => {
  const reader = await site.pool.connect();
  await reader.query(`begin; select count(*) from datapoints where timestamp < '2026-01-02Z'`);
  const { told, left } = await pruneBefore('2026-01-03T00:30:00Z');
  await reader.query('rollback');
  reader.release();
  expect([told.deleted, told.dropped.length, left.rows]).toEqual([49, 1, 191]);
});

testForm(
  'hypertable',
  'sizes and rows of chunks are added up, their dead rows vacuumed, and the whole analysed',
  async () => {
    await site.pool.query(
      `delete from datapoints where timestamp < '2026-01-01T12:00Z'; select pg_stat_force_next_flush()`,
    );
    const before = JSON.parse((await site.run('db maintain --dry-run --json')).stdout);
    expect(before).toContainEqual(expect.objectContaining({ table: 'datapoints', action: 'analyze' }));
    expect(before).toContainEqual(
      expect.objectContaining({ table: expect.stringMatching(/_chunk$/), action: 'vacuum and analyze' }),
    );
    expect((await site.run('db maintain --reindex --table datapoints')).code).toBe(0);
    expect((await site.run('db maintain --dry-run --table datapoints')).stdout).toBe('');
    const { tables } = JSON.parse((await site.run('db info --json')).stdout);
    const { rows } = await site.pool.query(`select hypertable_size('datapoints')::int as bytes`);
    expect(tables).toContainEqual(
      expect.objectContaining({ table: 'datapoints', rows: 228, size_bytes: rows[0].bytes }),
    );
  },
);

testForm('hypertable', 'status shows the chunks', async () => {
  const status = JSON.parse((await site.run('db storage status --json')).stdout);
  expect(status).toMatchObject({ form: 'hypertable', key: 'RANGE ("timestamp")', period: '1 day', rows: 240 });
  expect(status.leaves[1]).toMatchObject({
    from: '2026-01-02T00:00:00+00:00',
    to: '2026-01-03T00:00:00+00:00',
    compressed: false,
  });
});

testForm('hypertable', 'the check of the database proposes nothing', async () => {
  const { code, stdout } = await site.run('db check');
  expect([code, stdout]).toEqual([0, '']);
});

testForm('hypertable', 'a public id that two chunks have is a conflict, and deletes neither', async () => {
  await site.pool.query(`update datapoints set public_id = '0198c2aa-twice' where value in (1, 100)`);
  for (const line of ['show 0198c2aa-twice', 'delete 0198c2aa-twice --yes', 'update 0198c2aa-twice --value 1']) {
    expect([line, (await site.run(`datapoints ${line}`)).code]).toEqual([line, 4]);
  }
});

testForm(
  'hypertable',
  'an import into new chunks checks the references once, and its rows go with their event',
  async () => {
    const passing = await anEvent(site);
    const input = `timestamp,event,value\n2026-05-10T00:00:00Z,"${passing.name}",1\n`;
    expect(await site.run('datapoints import - --json', { input })).toMatchObject({ code: 0, stderr: '' });
    await site.pool.query('delete from events where public_id = $1', [passing.publicId]);
    const { rows } = await site.pool.query(`select count(*)::int as n from datapoints where timestamp > '2026-05-01Z'`);
    expect(rows).toEqual([{ n: 0 }]);
  },
);
