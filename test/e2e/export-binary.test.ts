import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { readSheet } from 'read-excel-file/node';
import { afterAll, expect, test } from 'vitest';
import { parquetRows } from '../export/read-back.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const event = await anEvent(site, { name: 'Flow' });
const run = await anExperiment(site, { name: 'Run 7' });
await datapoints(site, 4, { event: event.publicId, experiment: run.publicId });
const forever = await anExperiment(site, { name: 'Forever' });
await site.pool.query(
  `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
   select gen_random_uuid(), 1, time, $1, $2 from unnest(array['2026-01-01', 'infinity']::timestamptz[]) time`,
  [event.publicId, forever.publicId],
);

const exportOf = (...more: string[]) => ['experiments', 'export', run.name, ...more];

test.each([
  [['-o', 'a.parquet'], 'a.parquet'],
  [['--format', 'parquet'], `experiment_Run_7_${run.publicId.slice(0, 8)}.parquet`],
  [['-o', 'A.XLSX', '--no-ids'], 'A.XLSX'],
])('the format is that of --format or of the suffix: %j', async (options, file) => {
  using folder = temporaryDirectory();
  const { code, stdout, stderr } = await site.run(exportOf(...options), { cwd: folder.path });
  expect([code, stdout, stderr]).toEqual([0, '', expect.stringMatching(/: 4 rows, .* of (Parquet|XLSX) in /)]);
  expect(readdirSync(folder.path)).toEqual([file]);
  const bytes = readFileSync(join(folder.path, file));
  const rows = file.endsWith('.parquet') ? await parquetRows(bytes) : (await readSheet(bytes)).slice(1);
  expect(rows.length).toBe(4);
});

test('--no-ids leaves out the last column in every format', async () => {
  const { stdout } = await site.run(exportOf('-o', '-', '--no-ids'));
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'timestamp,event_name,event_public_id,value,unit',
    `2026-01-01T00:00:00.000000+00:00,Flow,${event.publicId},0,°C`,
  ]);
});

test.each([
  [['-o', 'a.xlsx.gz'], 'Use a name that ends in .xlsx.'],
  [['-o', 'a.zst', '--format', 'parquet'], 'Use a name that ends in .parquet.'],
  [['-o', 'a.csv', '--format', 'parquet'], 'Leave out --format to write csv'],
  [['-o', 'a.parquet', '--time-format', 'iso'], '--time-format does not apply to --format parquet'],
])('is refused with %j', async (options, hint) => {
  using folder = temporaryDirectory();
  const { code, stderr } = await site.run(exportOf(...options), { cwd: folder.path });
  expect([code, stderr, readdirSync(folder.path)]).toEqual([2, expect.stringContaining(hint), []]);
});

test('a time that Parquet cannot hold is refused, and leaves no file', async () => {
  using folder = temporaryDirectory();
  const { code, stderr } = await site.run(['experiments', 'export', 'Forever', '-o', 'a.parquet'], {
    cwd: folder.path,
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining('Parquet cannot hold the time "infinity".')]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('standard output is the file, unless it is a terminal', async () => {
  const child = site.start(exportOf('-o', '-', '--format', 'parquet'));
  const bytes = child.stdout === null ? Buffer.alloc(0) : await buffer(child.stdout);
  expect(await parquetRows(bytes)).toHaveLength(4);
  const { code, output } = await onTerminal(`experiments export ${run.publicId} -o - --format xlsx`, {
    DATABASE_URL: site.url,
  });
  expect([code, output]).toEqual([2, expect.stringContaining('A terminal cannot show xlsx.')]);
});
