import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const flow = await anEvent(site, { name: 'Flow' });
const valve = await anEvent(site, { name: 'Valve, left' });
const run = await anExperiment(site, { name: 'Run 7/b' });
await datapoints(site, 4, { event: flow.publicId, experiment: run.publicId });
await datapoints(site, 2, { event: valve.publicId, experiment: run.publicId });
const big = await anExperiment(site, { name: 'big' });
await datapoints(site, 150_000, { event: flow.publicId, experiment: big.publicId });

const exportOf = (...more: string[]) => ['experiments', 'export', run.name, ...more];

test('writes the columns of the server under the name of the experiment, with LF line ends', async () => {
  using folder = temporaryDirectory();
  const { code, stdout, stderr } = await site.run(exportOf(), { cwd: folder.path });
  const file = `experiment_Run_7-b_${run.publicId.slice(0, 8)}.csv`;
  expect([code, stdout, stderr]).toEqual([0, '', expect.stringMatching(/^✓ .*: 6 rows, .*\n$/)]);
  expect(readdirSync(folder.path)).toEqual([file]);
  const lines = readFileSync(join(folder.path, file), 'utf8').split('\n');
  expect(lines[0]).toBe('timestamp,event_name,event_public_id,value,unit,datapoint_public_id');
  expect(lines[1]).toMatch(
    new RegExp(`^2026-01-01T00:00:00\\.000000\\+00:00,Flow,${flow.publicId},0,°C,[0-9a-f-]{36}$`),
  );
  expect(lines[2]).toContain(',"Valve, left",');
  expect(lines).toHaveLength(8);
});

test('reports the file, the rows and the bytes as JSON', async () => {
  using folder = temporaryDirectory();
  const { stdout, stderr } = await site.run(exportOf('-o', 'a.csv', '--json'), { cwd: folder.path });
  const { size } = statSync(join(folder.path, 'a.csv'));
  expect(JSON.parse(stdout)).toMatchObject({ file: 'a.csv', rows: 6, bytes: size });
  expect(stderr).toBe('');
});

test.each([
  [['-o', 'a.tsv'], 'a.tsv', /^timestamp\tevent_name\t.*\n2026-01-01T00:00:00\.000000\+00:00\tFlow\t/],
  [
    ['-o', 'a.JSONL.gz'],
    'a.JSONL.gz',
    /^\{"timestamp":"2026-01-01T00:00:00\.000000\+00:00","event_name":"Flow",.*"value":0,/,
  ],
  [['--format', 'ndjson'], `experiment_Run_7-b_${run.publicId.slice(0, 8)}.ndjson`, /^\{"timestamp":/],
  [['-o', 'a', '--format=tsv'], 'a', /^timestamp\tevent_name\t/],
])('the format is that of --format or of the suffix: %j', async (options, file, start) => {
  using folder = temporaryDirectory();
  const { code, stdout, stderr } = await site.run(exportOf(...options), { cwd: folder.path });
  expect([code, stdout, readdirSync(folder.path)]).toEqual([0, '', [file]]);
  expect(stderr).toMatch(/of (TSV|NDJSON) in/);
  const bytes = readFileSync(join(folder.path, file));
  expect((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()).toMatch(start);
});

test('-o - --json reports on stderr', async () => {
  const { code, stdout, stderr } = await site.run(exportOf('-o', '-', '--json', '--format', 'ndjson'));
  expect([code, stdout.split('\n').length]).toEqual([0, 7]);
  expect(JSON.parse(stderr)).toMatchObject({ file: '-', rows: 6, bytes: Buffer.byteLength(stdout) });
});

test('a suffix of no format is refused with a list of those that are', async () => {
  const { stderr } = await site.run(exportOf('-o', '/tmp/run.xml'));
  expect(stderr).toContain('Use .csv, .tsv, .tab, .ndjson, .jsonl');
});

test('does not replace a file without --force', async () => {
  using folder = temporaryDirectory();
  const file = join(folder.path, 'a.csv');
  writeFileSync(file, 'mine');
  expect(await site.run(exportOf('-o', file))).toMatchObject({ code: 4, stderr: expect.stringContaining('--force') });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect((await site.run(exportOf('-o', file, '--force'))).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toMatch(/^timestamp,/);
});

test('compresses .gz and .zst', async () => {
  using folder = temporaryDirectory();
  const { stdout } = await site.run(exportOf('-o', '-'));
  await Promise.all(['a.csv.gz', 'a.csv.zst'].map((file) => site.run(exportOf('-o', file), { cwd: folder.path })));
  expect(gunzipSync(readFileSync(join(folder.path, 'a.csv.gz'))).toString()).toBe(stdout);
  expect(zstdDecompressSync(readFileSync(join(folder.path, 'a.csv.zst'))).toString()).toBe(stdout);
});

test('-o - writes the data alone to standard output, and the summary to stderr unless --quiet', async () => {
  const { stdout, stderr } = await site.run(exportOf('-o', '-'));
  expect(stdout.split('\n')).toHaveLength(8);
  expect(stderr).toMatch(/^✓ 6 rows/);
  expect((await site.run(exportOf('-o', '-', '--quiet'))).stderr).toBe('');
});

test('--from, --to and --event narrow it', async () => {
  const range = ['--from', '2026-01-01T00:00:01Z', '--to', '2026-01-01T01:00:03+01:00'];
  const { stdout } = await site.run(exportOf('-o', '-', '--event', 'Flow', ...range));
  expect(
    stdout
      .split('\n')
      .slice(1, -1)
      .map((line) => line.split(',')[3]),
  ).toEqual(['1', '2']);
});

test('says how it read times without an offset, and writes UTC unless --timezone is given', async () => {
  const range = ['--from', '2026-01-01 01:00:01', '--to', '2026-01-01 01:00:03'];
  const words = exportOf('-o', '-', '--event', 'Flow', ...range, '--columns', 'timestamp', '--no-header');
  const byOption = await site.run([...words, '--timezone', 'Europe/Berlin']);
  const bySetting = await site.run(words, { env: { WEBMACS_TIMEZONE: 'Europe/Berlin' } });
  expect(byOption.stdout).toBe('2026-01-01T01:00:01.000000+01:00\n2026-01-01T01:00:02.000000+01:00\n');
  expect(bySetting.stdout).toBe('2026-01-01T00:00:01.000000+00:00\n2026-01-01T00:00:02.000000+00:00\n');
  for (const { stderr } of [byOption, bySetting]) {
    expect(stderr).toMatch(/^✓ 2 rows from 2026-01-01 01:00:01 \+01:00 to 2026-01-01 01:00:03 \+01:00, /);
  }
  const skipped = await site.run(exportOf('-o', '-', '--from', '2026-03-29 02:30', '--timezone', 'Europe/Berlin'));
  expect([skipped.code, skipped.stderr]).toEqual([2, expect.stringContaining('is skipped in Europe/Berlin')]);
});

test.each([
  [['--from', '2027-01-01'], ': there is data from 2026-01-01 00:00 +00:00 to 2026-01-01 00:00:03 +00:00.'],
  [['--from', '2027-01-01', '--event', 'Valve, left'], 'to 2026-01-01 00:00:01 +00:00 of these events.'],
])('without a row is a warning that says when there is data: %j', async (options, warning) => {
  const { code, stdout, stderr } = await site.run(exportOf('-o', '-', ...options));
  expect([code, stdout.split('\n').length]).toEqual([0, 2]);
  expect(stderr).toMatch(/^warning: .*\n$/);
  expect(stderr).toContain(warning);
});

test('of an experiment without data says so, and --json has the facts', async () => {
  using folder = temporaryDirectory();
  const empty = await anExperiment(site);
  const file = join(folder.path, 'none.csv');
  const { code, stdout, stderr } = await site.run(['experiments', 'export', empty.name, '-o', file, '--json']);
  expect([code, JSON.parse(stdout).rows, stderr]).toEqual([
    0,
    0,
    `warning: ${file}: 0 rows: there is no data at all.\n`,
  ]);
});

test.each([
  ['-o', '-', '--format', 'json'],
  ['-o', '-', '--format', 'excel'],
  ['-o', '/tmp/run.xml'],
  ['-o', '/tmp/run.tsv', '--format', 'csv'],
  ['-o', ''],
])('is refused with %j %j %j', async (...options) => {
  const { code, stdout, stderr } = await site.run(exportOf(...options));
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('error')]);
});

test.each([
  [['--format', 'ndjson', '--delimiter', ';'], '--delimiter does not apply to --format ndjson', '--format csv'],
  [['--format', 'ndjson', '--no-header'], '--no-header does not apply to --format ndjson', '--format csv or tsv'],
  [['--format', 'ndjson', '--excel=de'], '--excel does not apply to --format ndjson', '--format csv or tsv'],
  [['--format', 'tsv', '--delimiter', '|'], '--delimiter does not apply to --format tsv', '--format csv'],
  [['--decimal', ',', '--delimiter', ','], '--delimiter , and --decimal , contradict', 'dot as the decimal'],
  [['--excel=de', '--delimiter', ','], '--delimiter , and --excel de contradict', 'another delimiter'],
  [['--excel', '--decimal', ','], '--excel en and --decimal , contradict', 'another delimiter'],
  [['--columns', 'timestamp,valeu'], 'no column "valeu"', 'Did you mean "value"?'],
  [['--format', 'json'], "argument 'json' is invalid", 'pass --json'],
])('is refused with %j by a sentence', async (options, problem, hint) => {
  const { code, stdout, stderr } = await site.run(exportOf('-o', '-', ...options));
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(problem);
  expect(stderr).toContain(hint);
});

test('--excel de is CSV as a German Excel opens it, and what is changed is said', async () => {
  using folder = temporaryDirectory();
  const risky = await anEvent(site, { name: '=1+1' });
  const experiment = await anExperiment(site, { name: 'for Excel' });
  await datapoints(site, 2, { event: risky.publicId, experiment: experiment.publicId });
  const file = join(folder.path, 'a.csv');
  const words = ['experiments', 'export', 'for Excel', '-o', file, '--excel=de', '--timezone', 'Europe/Berlin'];

  const { stderr } = await site.run([...words, '--columns', 'timestamp,event_name,value', '--digits', '1']);
  expect(stderr).toContain('\nAn apostrophe stands before 2 texts');
  expect(readFileSync(file, 'utf8')).toBe(
    "\ufefftimestamp;event_name;value\r\n2026-01-01 01:00:00;'=1+1;0,0\r\n2026-01-01 01:00:01;'=1+1;1,0\r\n",
  );
  const { stdout } = await site.run([...words, '--force', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ rows: 2, formulas: 2 });
});

test('Ctrl-C ends the wait for the reader of a named pipe', async () => {
  using folder = temporaryDirectory();
  const pipe = join(folder.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const child = site.start(exportOf('-o', pipe));
  const ended = once(child, 'close');
  const waiting = `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    and state = 'idle' and query like '%experiments%'`;
  await until(async () => (await site.pool.query(waiting)).rowCount);
  child.kill('SIGINT');
  expect((await ended)[0]).toBe(130);
});

test.each([
  [3, ['--event', 'nothing']],
  [2, ['--from', 'whenever']],
  [2, ['--from', '-2h', '--timezone', 'Nowhere']],
  [2, ['--jobs', '0']],
  [3, ['-o', '/nowhere/a.csv']],
])('exits %i for %j', async (expected, options) => {
  const { code, stdout } = await site.run(exportOf('-o', '-', ...options));
  expect([code, stdout]).toEqual([expected, '']);
});

test('into head exits silently with 0', async () => {
  const shell = spawn(
    'bash',
    ['-c', '"$0" "$1" experiments export big -o - | head -n 2; echo "$PIPESTATUS"', process.execPath, PROGRAM],
    {
      env: { ...NO_SETTINGS, DATABASE_URL: site.url },
    },
  );
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  expect(stdout.split('\n').slice(2)).toEqual(['0', '']);
  expect(stderr).toBe('');
});

test('Ctrl-C in the middle exits 130 and leaves no file', async () => {
  using folder = temporaryDirectory();
  const child = site.start('experiments export big', { cwd: folder.path });
  const stderr = child.stderr ? text(child.stderr) : '';
  await somethingIn(folder.path);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect([code, await stderr]).toEqual([130, expect.stringContaining('Interrupted')]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('kill -9 in the middle leaves nothing under the final name', async () => {
  using folder = temporaryDirectory();
  const child = site.start('experiments export big -o big.csv', { cwd: folder.path });
  await somethingIn(folder.path);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(readdirSync(folder.path)).not.toContain('big.csv');
});

async function somethingIn(folder: string): Promise<void> {
  await until(() => readdirSync(folder).length > 0, { everyMs: 2 });
}
