import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const zone1 = await anEvent(site, { name: 'Zone 1' });
const zone2 = await anEvent(site, { name: 'Zone 2' });
const flow = await anEvent(site, { name: 'Flow' });
const [first, second, empty] = [
  await anExperiment(site, { name: 'Run 1' }),
  await anExperiment(site, { name: 'Run/2' }),
  await anExperiment(site, { name: 'Run 3' }),
];
await datapoints(site, 3, { event: zone1.publicId, experiment: first.publicId });
await datapoints(site, 2, { event: zone2.publicId, experiment: first.publicId });
await datapoints(site, 4, { event: flow.publicId, experiment: second.publicId });
await datapoints(site, 5, { event: flow.publicId });

const nameOf = (stem: string, { publicId }: { publicId: string }) => `experiment_${stem}_${publicId.slice(0, 8)}.csv`;
const FILES = [nameOf('Run_1', first), nameOf('Run-2', second), nameOf('Run_3', empty)];

function rowsIn(path: string): string[][] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(','));
}

test('--all writes a file for each experiment into a new folder, a line for each, and the total', async () => {
  using folder = temporaryDirectory();
  const runs = join(folder.path, 'new', 'runs');
  const { code, stdout, stderr } = await site.run(['experiments', 'export', '--all', '-o', runs]);
  expect([code, stdout, readdirSync(runs).sort()]).toEqual([0, '', [...FILES].sort()]);
  const lines = stderr.trim().split('\n');
  expect(lines).toEqual([
    expect.stringMatching(/^✓ .*Run_1_.*: 5 rows, /),
    expect.stringMatching(/^✓ .*Run-2_.*: 4 rows, /),
    expect.stringMatching(/^warning: .*Run_3_.*: 0 rows: there is no data at all\.$/),
    expect.stringMatching(/^✓ 3 files: 9 rows, /),
  ]);
  const alone = await site.run(['experiments', 'export', 'Run 1', '-o', '-']);
  expect(readFileSync(join(runs, FILES[0] ?? ''), 'utf8')).toBe(alone.stdout);
});

test('several experiments have a report in JSON', async () => {
  using folder = temporaryDirectory();
  const words = ['experiments', 'export', 'Run/2', 'Run 1', 'Run 1', '-o', `${folder.path}/`, '--json'];
  const { stdout, stderr } = await site.run(words);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    files: [
      { file: join(folder.path, FILES[1] ?? ''), rows: 4, experiment: 'Run/2', experiment_public_id: second.publicId },
      { file: join(folder.path, FILES[0] ?? ''), rows: 5, experiment: 'Run 1' },
    ],
    rows: 9,
    not_exported: [],
  });
});

test('--layout one-file writes whose each row is', async () => {
  const { stdout } = await site.run(['experiments', 'export', 'Run 1', 'Run/2', '--layout', 'one-file', '-o', '-']);
  const lines = stdout.trim().split('\n');
  expect(lines[0]).toMatch(/,datapoint_public_id,experiment_name,experiment_public_id$/);
  const own = lines.slice(1).map((line) => line.split(',').slice(6).join());
  const of = ({ name, publicId }: { name: string; publicId: string }, rows: number) =>
    Array.from({ length: rows }, () => `${name},${publicId}`);
  expect(own.sort()).toEqual([...of(first, 5), ...of(second, 4)]);
});

test('--layout per-event writes a file for each event of each experiment', async () => {
  using folder = temporaryDirectory();
  const { code } = await site.run(['experiments', 'export', '--all', '--layout', 'per-event', '-o', folder.path]);
  const stemOf = (at: number) => FILES[at]?.slice(0, -4);
  const expected = [`${stemOf(1)}_Flow.csv`, `${stemOf(0)}_Zone_1.csv`, `${stemOf(0)}_Zone_2.csv`];
  expect([code, readdirSync(folder.path).sort()]).toEqual([0, expected.sort()]);
  expect(rowsIn(join(folder.path, `${stemOf(0)}_Zone_1.csv`)).map(([, event]) => event)).toEqual(
    Array.from({ length: 3 }, () => 'Zone 1'),
  );
});

test('nothing is written if one of the files exists, except with --force', async () => {
  using folder = temporaryDirectory();
  const existing = join(folder.path, FILES[1] ?? '');
  writeFileSync(existing, 'mine');
  const words = ['experiments', 'export', '--all', '-o', folder.path];
  const refused = await site.run(words);
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining(`${existing} already exists`)]);
  expect([readdirSync(folder.path), readFileSync(existing, 'utf8')]).toEqual([[FILES[1]], 'mine']);
  expect((await site.run([...words, '--force'])).code).toBe(0);
  expect(rowsIn(existing)).toHaveLength(4);
});

test('if a file cannot be written, those before it are complete, and named', async () => {
  using folder = temporaryDirectory();
  mkdirSync(join(folder.path, FILES[1] ?? ''));
  const { code, stdout, stderr } = await site.run([
    'experiments',
    'export',
    '--all',
    '-o',
    folder.path,
    '--force',
    '--json',
  ]);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    2,
    { files: [{ rows: 5 }], not_exported: FILES.slice(1).map((file) => join(folder.path, file)) },
  ]);
  expect(stderr).toContain(`exported before the failure: ${join(folder.path, FILES[0] ?? '')}; not exported: `);
  expect(rowsIn(join(folder.path, FILES[0] ?? ''))).toHaveLength(5);
});

test('datapoints export writes those of any experiment and of none', async () => {
  const all = await site.run('datapoints export -o -');
  expect(all.stdout.trim().split('\n')).toHaveLength(1 + 14);
  const flows = await site.run('datapoints export --event Flow --to 2026-01-01T00:00:02Z -o -');
  const experiments = flows.stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[6]);
  expect(experiments.sort()).toEqual(['', '', 'Run/2', 'Run/2']);
  const stray = await site.run('datapoints export --without-experiment -o -');
  expect(
    stray.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(',').length),
  ).toEqual([6, 6, 6, 6, 6, 6]);
});

test('a wide file of any experiment has the values of each time', async () => {
  const { stdout } = await site.run(['datapoints', 'export', '--event', 'Zone ?', '--wide', '-o', '-']);
  expect(
    stdout
      .replace(/T[^,]*/g, '')
      .trim()
      .split('\n'),
  ).toEqual(['timestamp,Zone 1 [°C],Zone 2 [°C]', '2026-01-01,0,0', '2026-01-01,1,1', '2026-01-01,2,']);
});

test('datapoints export of one experiment is that of experiments export', async () => {
  const [one, other] = [
    await site.run(['datapoints', 'export', '--experiment', 'Run 1', '-o', '-']),
    await site.run(['experiments', 'export', 'Run 1', '-o', '-']),
  ];
  expect(one.stdout).toBe(other.stdout);
});

test('one file has its default name in a folder, also in a new one', async () => {
  using folder = temporaryDirectory();
  const runs = join(folder.path, 'new', 'runs');
  const exportTo = async (output: string) => await site.run(['experiments', 'export', 'Run 1', '-o', output]);
  const codes = [await exportTo(`${runs}/`), await exportTo(runs)].map(({ code }) => code);
  expect([codes, readdirSync(runs)]).toEqual([[0, 4], FILES.slice(0, 1)]);
});

test.each([
  [2, 'Standard output is one file', ['experiments', 'export', '--all', '-o', '-']],
  [2, '--output runs.csv is one file', ['experiments', 'export', '--all', '-o', 'runs.csv']],
  [2, 'Name an experiment', ['experiments', 'export']],
  [2, 'not both', ['experiments', 'export', 'Run 1', '--all']],
  [3, 'Experiment "Run 9" not found', ['experiments', 'export', 'Run 1', 'Run 9']],
  [2, 'needs experiments', ['datapoints', 'export', '--layout', 'per-experiment']],
  [2, 'Only a long export', ['experiments', 'export', 'Run 1', 'Run/2', '--layout', 'one-file', '--wide', '-o', '-']],
  [2, 'Pass another --time-format, or name', ['datapoints', 'export', '--time-format', 'relative', '-o', '-']],
  [2, 'cannot be used with', ['datapoints', 'export', '--experiment', 'Run 1', '--without-experiment']],
])('exits %i with %j for %j', async (expected, message, words) => {
  const { code, stdout, stderr } = await site.run(words);
  expect([code, stdout, stderr]).toEqual([expected, '', expect.stringContaining(message)]);
});

test('an event is given by its name, a pattern, or a file with one on each line', async () => {
  using folder = temporaryDirectory();
  const list = join(folder.path, 'events.txt');
  writeFileSync(list, '\ufeffZone 2\r\n\r\n# the flow\n  flow*  \n');
  const eventsOf = async (...words: string[]) => {
    const { stdout } = await site.run(['datapoints', 'export', '-o', '-', ...words]);
    return [
      ...new Set(
        stdout
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(',')[1]),
      ),
    ].sort();
  };
  expect(await eventsOf('--event', 'zone *')).toEqual(['Zone 1', 'Zone 2']);
  expect(await eventsOf('--event', '*1', '--event', 'Flow')).toEqual(['Flow', 'Zone 1']);
  expect(await eventsOf('--event', `@${list}`)).toEqual(['Flow', 'Zone 2']);
});

test('an event whose own name is that of a pattern or a file wins', async () => {
  const event = await anEvent(site, { name: 'Zone *' });
  const at = await anEvent(site, { name: '@home' });
  await datapoints(site, 1, { event: event.publicId });
  await datapoints(site, 1, { event: at.publicId });
  const { stdout } = await site.run(['datapoints', 'export', '-o', '-', '--event', 'Zone *', '--event', '@home']);
  expect(
    stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1])
      .sort(),
  ).toEqual(['@home', 'Zone *']);
});

test.each([
  [3, 'No event matches "Zonne*"', 'Similar names: "Zone', 'Zonne*'],
  [3, 'No event matches "x?"', '"webmacs events list"', 'x?'],
  [3, 'The file /nowhere/events.txt does not exist', '', '@/nowhere/events.txt'],
  [2, 'the file names no event', 'one name on each line', '@/dev/null'],
])('exits %i with %j and %j for --event %s', async (expected, message, hint, event) => {
  const { code, stderr } = await site.run(['datapoints', 'export', '-o', '-', '--event', event]);
  expect([code, stderr]).toEqual([expected, expect.stringContaining(message)]);
  expect(stderr).toContain(hint);
});

test('of a file of events, an error names the line, and a comment that is the name of an event is one', async () => {
  using folder = temporaryDirectory();
  const list = join(folder.path, 'events.txt');
  writeFileSync(list, '# pumps\n\nZone 2\nZonne*\n');
  const exporting = ['datapoints', 'export', '-o', '-', '--event', `@${list}`];
  const { code, stderr } = await site.run(exporting);
  expect([code, stderr]).toEqual([3, expect.stringContaining(`@${list}, line 4: No event matches "Zonne*"`)]);
  writeFileSync(list, 'Zone 2\nno such\n');
  expect((await site.run(exporting)).stderr).toContain(`@${list}, line 2: Event "no such" not found`);
  await anEvent(site, { name: '# pumps' });
  writeFileSync(list, '# pumps\n# other\n');
  expect((await site.run(exporting)).stderr).toContain('0 rows');
});

test('Ctrl-C keeps the files that are complete, and leaves no others', async () => {
  using folder = temporaryDirectory();
  const big = await anExperiment(site, { name: 'big' });
  await datapoints(site, 150_000, { event: flow.publicId, experiment: big.publicId });
  const child = site.start(['experiments', 'export', 'Run 1', 'big', '-o', folder.path]);
  const stderr = child.stderr ? text(child.stderr) : '';
  await until(() => readdirSync(folder.path).some((name) => name.includes('_big_')), { everyMs: 2 });
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect([code, readdirSync(folder.path)]).toEqual([130, [FILES[0]]]);
  expect(await stderr).toContain(`exported before the failure: ${join(folder.path, FILES[0] ?? '')}; not exported: `);
});
