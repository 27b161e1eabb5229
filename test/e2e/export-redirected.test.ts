import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { NO_SETTINGS } from '../support/host.ts';
import { PROGRAM } from '../support/paths.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const event = await anEvent(site, { name: 'Flow' });
const run = await anExperiment(site, { name: 'run' });
await datapoints(site, 3, { event: event.publicId, experiment: run.publicId });
const DEFAULT = `experiment_run_${run.publicId.slice(0, 8)}.csv`;

/** What a shell has done in an empty folder; `$w` is the program. */
function inShell(script: string) {
  using folder = temporaryDirectory();
  const env = { ...NO_SETTINGS, DATABASE_URL: site.url };
  const shell = ['-c', `w="$0 $1"; ${script}`, process.execPath, PROGRAM];
  const { status, stderr } = spawnSync('sh', shell, { cwd: folder.path, env, encoding: 'utf8' });
  const files = readdirSync(folder.path).map((name) => [name, readFileSync(join(folder.path, name), 'utf8')]);
  return { status, stderr, files: Object.fromEntries(files) as Record<string, string> };
}

test('an export goes into the file that standard output is redirected to', () => {
  const { status, stderr, files } = inShell(
    '$w experiments export run > run.csv && $w experiments export run >> run.csv',
  );
  expect([status, Object.keys(files)]).toEqual([0, ['run.csv']]);
  expect(files['run.csv']?.match(/^2026-01-01T.*,Flow,/gm)).toHaveLength(6);
  expect(stderr).toMatch(/^(✓ 3 rows, .*\n){2}$/);
});

test('datapoints too, in any format', () => {
  const { status, files } = inShell('$w datapoints export --format parquet > all.parquet');
  expect([status, Object.keys(files)]).toEqual([0, ['all.parquet']]);
  expect(files['all.parquet']?.startsWith('PAR1')).toBe(true);
});

test('in a pipe it goes into its usual file, which a note says, unless -o - is given', () => {
  const { status, stderr, files } = inShell(
    '{ $w experiments export run; $w experiments export run -o -; } | cat > piped',
  );
  expect([status, Object.keys(files).sort()]).toEqual([0, [DEFAULT, 'piped'].sort()]);
  expect(files.piped?.split('\n')).toHaveLength(5);
  expect(stderr.match(/note: Nothing was written to the pipe: for that, pass -o -\.\n/g)).toHaveLength(1);
});

test.each([
  ['a report for a program', '$w experiments export run --json > report.json', ['report.json', DEFAULT]],
  ['a name of the file', '$w experiments export run -o a.csv > output.txt', ['a.csv', 'output.txt']],
  ['nowhere', '$w experiments export run > /dev/null', [DEFAULT]],
])('it goes into its file where standard output is for %s', (_what, script, names) => {
  const { status, files } = inShell(script);
  expect([status, Object.keys(files).sort()]).toEqual([0, names.sort()]);
  expect(files[names.find((name) => name.endsWith('.csv')) ?? '']?.split('\n')).toHaveLength(5);
});

test.each([
  ['several files', '--all', 'Standard output is one file, but --layout per-experiment writes several.'],
  ['what needs a file', 'run --checksum', '--checksum needs a file by --output: this goes to standard output.'],
])('%s are refused in a redirection', (_what, words, message) => {
  const { status, stderr, files } = inShell(`$w experiments export ${words} > run.csv`);
  expect([status, stderr, files]).toEqual([2, expect.stringContaining(message), { 'run.csv': '' }]);
});
