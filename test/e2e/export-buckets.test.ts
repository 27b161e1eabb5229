import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const flow = await anEvent(site, { name: 'Flow', unit: 'l/min' });
const run = await anExperiment(site, { name: 'Run 7' });
// The day on which Berlin puts its clocks back, and the morning after: 0, 1, 2, and so on, one in 10 minutes, and NaN.
await site.pool.query(
  `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), case i when 5 then float8 'NaN' else i end, timestamptz '2026-10-25 00:00+02' + i * interval '10 min', $1, $2
       from generate_series(0, 155) i`,
  [flow.publicId, run.publicId],
);

const exportOf = (line: string) => ['experiments', 'export', 'Run 7', '-o', '-', ...line.split(' ')];

test('days are those of the time zone, which the summary names with what was left out', async () => {
  const env = { WEBMACS_TIMEZONE: 'Europe/Berlin' };
  const { code, stdout, stderr } = await site.run(exportOf('--every 1d --aggregate count,max'), { env });
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'timestamp,event_name,event_public_id,unit,count,max',
    `2026-10-24T22:00:00.000000+00:00,Flow,${flow.publicId},l/min,149,149`,
    `2026-10-25T23:00:00.000000+00:00,Flow,${flow.publicId},l/min,6,155`,
    '',
  ]);
  expect(stderr).toMatch(
    /^✓ 2 rows of 156 datapoints, .*\nLeft out: 1 datapoint with the value NaN\.\nBuckets of 1d in the time zone Europe\/Berlin\.\n$/,
  );
});

test.each([
  ['', '2026-10-25T00:00:00.000000+02:00', '2026-10-26T00:00:00.000000+01:00'],
  [' --time-format epoch', '1792879200', '1792969200'],
  [' --time-format excel', '46320', '46321'],
])('the days of a time zone that is given start at midnight%s', async (format, ...starts) => {
  const { stdout } = await site.run(exportOf(`--every 1d --timezone Europe/Berlin${format}`));
  const [, ...lines] = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(',')[0])).toEqual(starts);
});

test('columns can be chosen, in another format, where gaps are filled', async () => {
  const line = '--every 10min --fill previous --aggregate mean,count --format ndjson --columns mean,count,event_name';
  const { stdout } = await site.run(exportOf(line));
  expect(stdout.split('\n').slice(4, 7)).toEqual([
    '{"mean":4,"count":1,"event_name":"Flow"}',
    '{"mean":4,"count":0,"event_name":"Flow"}',
    '{"mean":6,"count":1,"event_name":"Flow"}',
  ]);
});

test.each([
  ['csv', ['mean,count', '5.5,11', '83.5,144', '']],
  ['ndjson', ['{"mean":5.5,"count":11}', '{"mean":83.5,"count":144}', '']],
])('--digits rounds values, and leaves counts alone: %s', async (format, lines) => {
  const line = `--every 1d --timezone UTC --aggregate mean,count --columns mean,count --digits 1 --format ${format}`;
  expect((await site.run(exportOf(line))).stdout.split('\n')).toEqual(lines);
});

test('wide, the aggregate stands between name and unit', async () => {
  const { stdout } = await site.run(
    exportOf('--every 12h --wide --aggregate mean,count --timezone UTC --min-count 60'),
  );
  expect(stdout.split('\n')).toEqual([
    'timestamp,Flow mean [l/min],Flow count',
    '2026-10-25T00:00:00.000000+00:00,47.5,72',
    '2026-10-25T12:00:00.000000+00:00,119.5,72',
    '',
  ]);
});

test('the report has the time zone and what was left out', async () => {
  using folder = temporaryDirectory();
  const words = ['experiments', 'export', 'Run 7', '-o', join(folder.path, 'hours.csv'), '--json'];
  const { stdout } = await site.run([...words, '--every', '1h', '--min-count', '6'], {
    env: { WEBMACS_TIMEZONE: 'Asia/Kathmandu' },
  });
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ rows: 24, datapoints: 144, timezone: 'Asia/Kathmandu', nan_values: 1, sparse_buckets: 3 },
  });
});

test.each([
  ['--aggregate max', '--aggregate needs --every'],
  ['--fill null', '--fill needs --every'],
  ['--min-count 5', '--min-count needs --every'],
  ['--every 1min --wide --on-duplicate last', '--on-duplicate and --every'],
  ['--every 1min --aggregate mode', 'It must be some of mean, min,'],
  ['--every 1mo', '"1mo" is not a valid duration'],
  ['--every 0s', 'from 1 second to 36,500 days'],
])('%s is refused', async (line, message) => {
  const { code, stdout, stderr } = await site.run(exportOf(line));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
});
