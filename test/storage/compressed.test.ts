import { afterAll, beforeAll, expect } from 'vitest';
import { withSnapshot } from '../../src/database/snapshot.ts';
import { extentOf } from '../../src/export/extent.ts';
import { AGREED, anEvent, anExperiment, type Site } from '../support/site.ts';
import { aSiteFor, hasForm, testForm } from '../support/storage-forms.ts';

let site: Site;
let event: { publicId: string; name: string };
let experiment: { publicId: string; name: string };

/** One datapoint per hour, on ten days of January 2026, in compressed chunks; and a limit below their number. */
beforeAll(async () => {
  if (hasForm('compressed')) {
    site = await aSiteFor('compressed');
    event = await anEvent(site);
    experiment = await anExperiment(site);
    expect((await site.run(`db storage timescale --chunk 5d --compress-after 3650d${AGREED}`)).code).toBe(0);
    await site.pool.query(
      `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
       select '0198c2aa-' || n, n, timestamptz '2026-01-01Z' + n * interval '1 hour', $1, $2 from generate_series(0, 239) n`,
      [event.publicId, experiment.publicId],
    );
    await compress();
    await site.pool.query(
      `do $$ begin
         execute format('alter database %I set timescaledb.max_tuples_decompressed_per_dml_transaction = 5', current_database());
       end $$`,
    );
  }
});
afterAll(() => site?.[Symbol.asyncDispose]());

async function compress(): Promise<void> {
  await site.pool.query(`select compress_chunk(chunk, if_not_compressed => true) from show_chunks('datapoints') chunk`);
}

async function valuesOf(where: string): Promise<number[]> {
  const { rows } = await site.pool.query(`select value from datapoints where ${where} order by timestamp, value`);
  return rows.map(({ value }) => value);
}

/** Imports values of two hours, of which there is a datapoint of the first. */
async function importTwo(
  more: string,
): Promise<{ code: number | null; told: Record<string, unknown>; stderr: string }> {
  const input = `timestamp,event,value\n2026-01-03T00:00:00Z,"${event.name}",-1\n2026-01-03T00:30:00Z,"${event.name}",-2\n`;
  const { code, stdout, stderr } = await site.run(`datapoints import - --json ${more}`, { input });
  return { code, told: JSON.parse(stdout || '{}'), stderr };
}
const THAT_HOUR = `timestamp >= '2026-01-03Z' and timestamp < '2026-01-03T01:00Z'`;

testForm('compressed', 'an import finds the duplicates in compressed chunks, and is undone there', async () => {
  expect(await importTwo('--on-duplicate error')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('already in the database'),
  });
  const { told } = await importTwo('--on-duplicate skip');
  expect([told, await valuesOf(THAT_HOUR)]).toMatchObject([{ rows: 1, duplicates: { skipped: 1 } }, [48, -2]]);
  expect(await site.run(`datapoints imports undo ${told.import_id} --yes`)).toMatchObject({ code: 0 });
  expect([await valuesOf(THAT_HOUR), await valuesOf('true')]).toMatchObject([[48], { length: 240 }]);
});

testForm('compressed', 'an import replaces datapoints in compressed chunks, and only those', async () => {
  const { told } = await importTwo('--on-duplicate replace');
  expect([told, await valuesOf(THAT_HOUR)]).toMatchObject([{ rows: 2, duplicates: { replaced: 1 } }, [-1, -2]]);
  expect(await valuesOf('true')).toHaveLength(241);
});

testForm('compressed', 'an import that has been compressed since is not undone, which says so', async () => {
  const input = `timestamp,event,value\n2026-01-04T00:30:00Z,"${event.name}",-3\n`;
  const { stdout } = await site.run('datapoints import - --json', { input });
  await compress();
  expect(await site.run(`datapoints imports undo ${JSON.parse(stdout).import_id} --yes`)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('changed, deleted, compressed or restored'),
  });
  expect(await valuesOf(`timestamp = '2026-01-04T00:30Z'`)).toEqual([-3]);
});

testForm(
  'compressed',
  'more rows than the limit of the server are changed and deleted, with what refers to them',
  async () => {
    expect(await site.run(`experiments delete ${experiment.name} --yes`)).toMatchObject({ code: 0 });
    expect(await valuesOf('experiment_public_id is not null')).toEqual([]);
    await compress();
    const deleted = await site.run(`datapoints delete --event ${event.name} --to 2026-01-02 --yes --json`);
    expect(JSON.parse(deleted.stdout)).toMatchObject({ deleted: 24 });
    expect(await site.run(`events delete ${event.name} --yes`)).toMatchObject({ code: 0 });
    expect(await valuesOf('true')).toEqual([]);
  },
);

testForm('compressed', 'the time range of an export is found in the first and the last chunk', async () => {
  await using other = await aSiteFor('compressed');
  const { publicId } = await anEvent(other);
  const run = await anExperiment(other);
  expect((await other.run(`db storage timescale --chunk 1d --compress-after 3650d${AGREED}`)).code).toBe(0);
  await other.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), n, timestamptz '2026-01-01Z' + n * interval '1 hour', $1, $2 from generate_series(0, 959) n`,
    [publicId, run.publicId],
  );
  await other.pool.query(`select compress_chunk(chunk) from show_chunks('datapoints') chunk`);
  await other.pool.query('vacuum analyze datapoints');
  const client = await other.pool.connect();
  // A batch has the rows of each of the 40 chunks.
  const batchesRead = async () => {
    await client.query('select pg_stat_force_next_flush()');
    const { rows } = await client.query(
      `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_all_tables where relname ~ '^compress_hyper'`,
    );
    return rows[0].read;
  };
  const [first, last] = ['2026-01-01Z', '2026-02-09T23:00Z'].map((time) => BigInt(Date.parse(time)) * 1000n);
  const found: unknown[] = [];
  for (const request of [{}, { eventPublicIds: [publicId] }, { experimentPublicId: run.publicId }]) {
    const before = await batchesRead();
    const extent = await extentOf(client, request, true);
    // So few rows are counted, too, which reads each once.
    found.push({ ...extent, isShort: (await batchesRead()) - before < 40 + 20 });
  }
  client.release();
  const expected = { first, last, beyond: false, rows: 960, isShort: true };
  expect(found).toEqual([expected, expected, expected]);
});

testForm(
  'compressed',
  'rows that are compressed or decompressed while they are read are not missing in silence',
  async () => {
    await using other = await aSiteFor('compressed');
    const { publicId } = await anEvent(other);
    expect((await other.run(`db storage timescale --chunk 1d --compress-after 3650d${AGREED}`)).code).toBe(0);
    const insert = async (from: string) =>
      await other.pool.query(
        `insert into datapoints (public_id, value, timestamp, event_public_id)
       select gen_random_uuid(), n, $2::timestamptz + n * interval '1 minute', $1 from generate_series(1, 100) n`,
        [publicId, from],
      );
    for (const day of ['2026-01-01Z', '2026-01-02Z', '2026-01-03Z']) {
      await insert(day);
    }
    const [first, second] = (await other.pool.query(`select show_chunks('datapoints')::text as name`)).rows;
    const compress = async (chunk: { name: string }) =>
      await other.pool.query('select compress_chunk($1::regclass)', [chunk.name]);
    await compress(first);
    await compress(second);
    /** Reads the first day, around a change by others. */
    const read = async (change: () => Promise<unknown>) =>
      await withSnapshot(other.pool, new AbortController().signal, async ({ leader }) => {
        await leader.query('select from events');
        await change();
        const { rows } = await leader.query(
          `select count(*)::int as count from datapoints where timestamp < '2026-01-02Z'`,
        );
        return rows[0].count;
      });
    const failure = { name: 'ConflictError', message: expect.stringContaining('may be missing') };

    // Others read, write into what is compressed, and compress what is not read.
    expect(await read(() => insert('2026-01-01T12:00Z'))).toBe(100);
    await insert('2026-01-02T12:00Z');
    expect(await read(() => compress(second))).toBe(200);
    await expect(read(() => compress(first))).rejects.toMatchObject(failure);
    expect(await read(async () => undefined)).toBe(200);
    await expect(
      read(() => other.pool.query('select decompress_chunk($1::regclass)', [first.name])),
    ).rejects.toMatchObject(failure);
    const { rows } = await other.pool.query('select count(*)::int as count from datapoints');
    expect(rows).toEqual([{ count: 500 }]);
  },
);
