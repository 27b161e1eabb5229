import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { dropArchived } from '../../src/archive/drop.ts';
import { readManifest } from '../../src/archive/manifest.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, type Site } from '../support/site.ts';

const folder = temporaryDirectory();
let site: Site;
let events: string[];
let experiment: string;
let number = 0;
let archive: string;

beforeAll(async () => {
  site = await aSite();
  events = [
    (await anEvent(site, { name: 'Bed "temperature"\t1' })).publicId,
    (await anEvent(site, { name: 'Air/../flow' })).publicId,
  ];
  experiment = (await anExperiment(site, { name: '../../Run\n7' })).publicId;
});
afterAll(() => site[Symbol.asyncDispose]());

/** Two events, at the same times, in January and February 2024, with all that a value can be. */
beforeEach(async () => {
  archive = join(folder.path, `archive-${number++}`);
  await site.pool.query('truncate datapoints');
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), (array['NaN', 'Infinity', '-Infinity', '-0', '1e-310', '0.1', '1e300', i::text]::float8[])[1 + i % 8],
            timestamptz '2024-01-15T00:00:00.000001Z' + i / 2 * interval '6 hours', ($1::text[])[1 + i % 2],
            case when i % 3 = 0 then $2 end
       from generate_series(0, 199) i`,
    [events, experiment],
  );
});

/** All that the database has of the datapoints. */
async function stored() {
  const { rows } = await site.pool.query(
    `select id::text, public_id, value::text, extract(epoch from timestamp)::text as time, event_public_id, experiment_public_id
       from datapoints order by timestamp, id`,
  );
  return rows;
}

async function run(line: string) {
  const { code, stdout, stderr } = await site.run(line.replaceAll('ARCHIVE', archive));
  return { code, stdout, stderr, told: line.includes('--json') ? JSON.parse(stdout || 'null') : undefined };
}

const ALL = 'datapoints archive --older-than 1y -o ARCHIVE --json';

test('months are dropped and restored exactly as they were', async () => {
  const before = await stored();
  expect((await run(`${ALL} --drop`)).told).toMatchObject({
    files: ['2024-01.parquet', '2024-02.parquet'],
    ...{ rows: 200, deleted: 200, left: 0 },
  });
  expect(await stored()).toEqual([]);
  expect(readdirSync(archive).sort()).toEqual(['2024-01.parquet', '2024-02.parquet', 'manifest.json']);
  expect((await run('datapoints restore ARCHIVE --month 2024-02 --json')).told).toMatchObject({ restored: 64 });
  expect((await run('datapoints restore ARCHIVE/2024-01.parquet --json')).told).toMatchObject({ restored: 136 });
  expect(await stored()).toEqual(before);
});

test('a month of the first century has its own datapoints only', async () => {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), 1, t, $1 from unnest('{0001-01-01Z,0001-06-01Z,1899-12-31Z}'::timestamptz[]) t`,
    [events[0]],
  );
  const before = await stored();
  expect((await run(`${ALL} --drop`)).told).toMatchObject({ rows: 203, deleted: 203, left: 0 });
  expect((await run('datapoints restore ARCHIVE --json')).told).toMatchObject({ restored: 203 });
  expect(await stored()).toEqual(before);
});

test('a restore that fails on a month reports the months that it has restored before', async () => {
  await run(ALL);
  await site.pool.query(`delete from datapoints where timestamp < '2024-02-01Z'`);
  const { code, stderr } = await run('datapoints restore ARCHIVE');
  expect({ code, stderr }).toEqual({
    code: 4,
    stderr: expect.stringMatching(
      /Restored 136 datapoints of 2024-01 before the error.*Nothing of 2024-02 was restored/s,
    ),
  });
  expect(await stored()).toHaveLength(200);
});

test('a second run writes nothing, a missing file again, and a changed month as a new part', async () => {
  expect((await run(ALL)).told.written).toHaveLength(2);
  expect((await run(ALL)).told).toMatchObject({ written: [], rows: 200, deleted: 0 });
  rmSync(join(archive, '2024-01.parquet'));
  expect((await run(ALL)).told.written).toEqual(['2024-01.parquet']);
  await site.pool.query(`update datapoints set value = 42 where timestamp = (select max(timestamp) from datapoints)`);
  const before = await stored();
  expect((await run(`${ALL} --drop`)).told).toMatchObject({ written: ['2024-02_2.parquet'], deleted: 200, left: 0 });
  expect((await run('datapoints restore ARCHIVE --json')).told).toMatchObject({ restored: 200, skipped: 0 });
  expect(await stored()).toEqual(before);
});

test.each([
  'datapoints export -o - --preamble',
  'datapoints export -o - --format ndjson --from 2024-01-20T00:00:00.000002Z --to 2024-02-03 --jobs 4',
  'datapoints export -o - --wide',
  'datapoints export -o - --event EVENT --every 1d --aggregate mean,max,count --fill linear',
  'experiments export EXPERIMENT -o - --format parquet --no-ids',
  'experiments export EXPERIMENT --dry-run --json',
  'datapoints export --without-experiment -o - --columns timestamp,value',
  'datapoints stats --json',
])('%s reads the same with what is archived', async (line) => {
  const command = line.replace('EVENT', events[0] ?? '').replace('EXPERIMENT', experiment);
  const facts = ({ code, stdout }: Awaited<ReturnType<typeof run>>) => ({
    code,
    stdout: stdout.replace(/"seconds":[\d.]+/, ''),
  });
  const before = await run(command);
  expect((await run(`${ALL} --drop`)).told).toMatchObject({ deleted: 200 });
  expect(facts(await run(`${command} --archive ARCHIVE`))).toEqual(facts(before));
});

test('several files of an export read the archive, of one moment', async () => {
  const out = join(folder.path, `out-${number}`);
  const files = () => readdirSync(out).map((name) => [name, readFileSync(join(out, name), 'utf8')]);
  expect((await run(`datapoints export --layout per-event -o ${out} --force`)).code).toBe(0);
  const before = files();
  await run(`${ALL} --drop`);
  expect((await run(`datapoints export --layout per-event -o ${out} --force --archive ARCHIVE`)).code).toBe(0);
  expect(files()).toEqual(before);
});

test('what is still in the database, or came since, is read once, and stays when the rest is dropped', async () => {
  await run(ALL);
  const [line, ...rows] = (await run('datapoints export -o -')).stdout.split('\n');
  expect((await run('datapoints export -o - --archive ARCHIVE')).stdout.split('\n')).toEqual([line, ...rows]);
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select 'late', 1, '2024-01-20Z', $1 union all select 'recent', 2, now(), $1`,
    [events[0]],
  );
  expect((await run(`${ALL} --drop`)).told).toMatchObject({ written: ['2024-01_2.parquet'], deleted: 201, left: 0 });
  expect((await stored()).map(({ public_id }) => public_id)).toEqual(['recent']);
  expect((await run('datapoints export -o - --archive ARCHIVE')).stdout.split('\n')).toHaveLength(rows.length + 3);
});

test('stopped experiments are archived by name, without ids, and get new ones when restored', async () => {
  const before = (await stored()).filter((row) => row.experiment_public_id);
  const byExperiment = `datapoints archive --older-than 1d -o ARCHIVE --by experiment --no-ids --json`;
  const { told } = await run(`${byExperiment} --drop`);
  expect(told).toMatchObject({
    files: [expect.stringMatching(/^experiment_[^/]*Run_7_\w{8}\.parquet$/)],
    deleted: before.length,
  });
  const refused = await run(`experiments export ${experiment} -o - --archive ARCHIVE`);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-ids') });
  expect((await run('datapoints restore ARCHIVE --json')).told).toMatchObject({ restored: before.length });
  const after = (await stored()).filter((row) => row.experiment_public_id);
  const withoutIds = (rows: typeof before) => rows.map(({ public_id: _, ...row }) => row);
  expect(withoutIds(after)).toEqual(withoutIds(before));
  expect((await run('datapoints restore ARCHIVE --json')).code).toBe(4);
  expect((await run('datapoints restore ARCHIVE --json --on-duplicate skip')).told).toMatchObject({
    restored: 0,
    skipped: before.length,
  });
});

test('datapoints that were changed after they were archived are not dropped', async () => {
  await run(ALL);
  const [file] = await readManifest(archive);
  await site.pool.query(
    `update datapoints set value = 5 where id = (select min(id) from datapoints);
     insert into datapoints (public_id, value, timestamp, event_public_id)
     select 'late', 1, '2024-01-20Z', event_public_id from datapoints limit 1`,
  );
  const options = { folder: archive, signal: new AbortController().signal, onProgress() {} };
  const dropped = await dropArchived(site.pool, file ? [file] : [], options);
  expect(dropped).toEqual({ deleted: 135, left: 2, emptied: [] });
});
