import { afterAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const event = await anEvent(site, { name: 'Flow' });
const stopped = await anExperiment(site, { name: 'stopped' });
const running = await anExperiment(site, { name: 'running', running: true });
for (const { publicId } of [stopped, running]) {
  await datapoints(site, 3600, { event: event.publicId, experiment: publicId });
}
// The data is of the first hour, from which on the stopped one is over.
await site.pool.query(
  `update experiments set started_on = '2026-01-01 00:00:00.25Z', stopped_on = '2026-01-01 01:00:00.5Z' where name = 'stopped'`,
);
const now = () => new Date('2026-01-01T00:50:00Z');

/** The values of an export, one a second from 0. */
async function exported(experiment: string, ...range: string[]) {
  const words = ['experiments', 'export', experiment, '-o', '-', '--timezone', 'UTC', ...range];
  const { stdout, stderr } = await site.run(words, { now });
  const values = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[3]));
  return { first: values[0], last: values.at(-1), stderr };
}

test.each([
  ['stopped', '+10min', '-5min', 601, 3300],
  ['stopped', '-10m', 'end', 3001, 3599],
  ['stopped', 'start+10s', 'END-50min', 11, 600],
  ['stopped', 'start-1h', '+1m', 0, 60],
  ['stopped', 'start', '2026-01-01T00:00:02Z', 1, 1],
  ['running', '-10min', 'end-5min', 2400, 2699],
  ['running', '+40min', 'now', 2400, 2999],
])('of the %s experiment --from %s --to %s is of its own times', async (experiment, from, to, first, last) => {
  expect(await exported(experiment, '--from', from, '--to', to)).toMatchObject({ first, last });
});

test('how such a time was understood is said', async () => {
  const { stderr } = await exported('stopped', '--from', '+10min', '--to', '-5min');
  expect(stderr).toContain('2,700 rows from 2026-01-01 00:10 +00:00 to 2026-01-01 00:55 +00:00');
});

test('each of several experiments has its own times', async () => {
  using folder = temporaryDirectory();
  const words = ['experiments', 'export', '--all', '--from', '-10min', '-o', folder.path, '--json'];
  const { stdout } = await site.run(words, { now });
  expect(JSON.parse(stdout).files).toMatchObject([
    { experiment: 'stopped', from: '2026-01-01T00:50:00.500000Z' },
    { experiment: 'running', from: '2026-01-01T00:40:00.000Z' },
  ]);
});

test('without an experiment -10min is a time ago', async () => {
  const { stdout } = await site.run('datapoints export --from -10min -o -', { now });
  expect(stdout.split('\n')[1]).toMatch(/^2026-01-01T00:40:00/);
});

test.each([
  ['datapoints export --from +10min -o -', '--from +10min counts from the start of an experiment, and none is named.'],
  ['datapoints export --to end -o -', '--to end counts from the end of an experiment, and none is named.'],
  ['datapoints export --experiment stopped --experiment running --from +1h -o -', 'one file has several'],
  ['experiments export stopped --from +10x -o -', '"10x" is not a valid duration'],
  ['experiments export stopped --from +999999999w -o -', 'is too far from the start of experiment "stopped"'],
  ['experiments export stopped --from -5min --to +5min -o -', 'is later than'],
])('%s is refused: %s', async (line, message) => {
  const { code, stdout, stderr } = await site.run(line, { now });
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
});
