import { afterAll, beforeAll, expect, test } from 'vitest';
import { Screen } from '../support/screen.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const env = { DATABASE_URL: site.url, WEBMACS_TIMEZONE: 'Europe/Berlin' };
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;

/** The night in which summer time ends: six hours by the clock are seven. */
const NIGHT = { startedOn: '2026-10-24T22:00:00+02:00', stoppedOn: '2026-10-25T04:00:00+01:00' };
const SECONDS = 7 * 3600;

async function anExperiment(name: string): Promise<void> {
  const words = ['experiments', 'create', name, '--started-on', NIGHT.startedOn, '--stopped-on', NIGHT.stoppedOn];
  expect((await site.run(words)).code).toBe(0);
}

/** @param value SQL of `i`, the seconds since the start of the night */
async function record(
  experiment: string,
  event: string,
  value: string,
  { every = 20, where = 'true' } = {},
): Promise<void> {
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select gen_random_uuid(), ${value}, $1::timestamptz + i * interval '1 s',
            (select public_id from events where name = $2), (select public_id from experiments where name = $3)
       from generate_series(0, $4::int, $5::int) i where ${where}`,
    [NIGHT.startedOn, event, experiment, SECONDS, every],
  );
}

async function anEventOf(unit: string, name: string): Promise<void> {
  await anEvent(site, { name, unit, owner });
}

beforeAll(async () => {
  await anExperiment('Night');
  for (const zone of ['Zone 1', 'Zone 2']) {
    await anEventOf('°C', zone);
  }
  await anEventOf('mbar', 'Pressure');
  await record('Night', 'Zone 1', `case when i = 9720 then 1612.5 else 20 + 880 / (1 + exp(-(i - 6000) / 900.0)) end`, {
    where: 'i not between 18000 and 20400',
  });
  await record(
    'Night',
    'Zone 2',
    `case when i between 3000 and 4000 then 'NaN' else 600 * sin(i / 8000.0)::float8 end`,
  );
  await record('Night', 'Pressure', `12 + 3 * sin(i / 1800.0) + (i / 20) % 3 * 0.2`);
  const rule = [
    'rules',
    'create',
    'Overheat',
    '--event',
    'Zone 1',
    '--when',
    'gt',
    '--threshold',
    '950',
    '--action',
    'log',
  ];
  expect((await site.run(rule)).code).toBe(0);
});

function golden(name: string): string {
  return new URL(`plot/${name}.txt`, import.meta.url).pathname;
}

test.each([50, 80, 120])('a drawing fits a window of %d columns', async (columns) => {
  const { code, output } = await onTerminal('experiments plot Night', { ...env, NO_COLOR: '1' }, [], columns);
  expect(code).toBe(0);
  const lines = output.split('\n');
  expect(lines.filter((line) => line.length > columns)).toEqual([]);
  expect(lines.length).toBeLessThanOrEqual(24);
  await expect(output).toMatchFileSnapshot(golden(`${columns}-columns`));
});

test('a dumb terminal gets ASCII only, beside names and units', async () => {
  const { code, output } = await onTerminal('experiments plot Night --event Zone*', { ...env, TERM: 'dumb' }, [], 80);
  expect(code).toBe(0);
  expect(output.replaceAll('°', '')).toMatch(/^[\n\x20-\x7e]*$/);
  await expect(output).toMatchFileSnapshot(golden('ascii'));
});

test('a pipe gets 80 columns without colours, or as many as COLUMNS', async () => {
  const [wide, narrow] = [
    await site.run('experiments plot Night', { env }),
    await site.run('experiments plot Night', { env: { ...env, COLUMNS: '60' } }),
  ];
  await expect(wide.stdout).toMatchFileSnapshot(golden('pipe'));
  expect(wide.stderr).toBe('');
  expect(Math.max(...narrow.stdout.split('\n').map((line) => line.length))).toBe(60);
});

test('each series has its colour in the drawing and in the legend', async () => {
  const { output } = await onTerminal('experiments plot Night --event Zone*', env, [], 80);
  expect(output).toContain('\u001b[38;5;33m━●━\u001b[39m Zone 1');
  expect(output).toMatch(/\u001b\[38;5;166m[⠁-⣿]+▲/);
  expect(output).toContain('\u001b[31m╌╌\u001b[39m');
});

test('programs get the buckets, two for each column', async () => {
  const { stdout } = await site.run('experiments plot Night --event Pressure --event Zone* --json');
  const { items, ...facts } = JSON.parse(stdout);
  expect(facts).toMatchObject({
    from: '2026-10-24T20:00:00+00:00',
    to: expect.stringMatching(/^2026-10-25T03:00:00/),
    bucket_seconds: expect.closeTo(SECONDS / 144, 3),
    thresholds: [{ label: 'Overheat > 950 °C', values: [950] }],
  });
  expect(new Set(items.map(({ event }: { event: string }) => event))).toEqual(
    new Set(['Pressure', 'Zone 1', 'Zone 2']),
  );
  expect(items.filter(({ event }: { event: string }) => event === 'Pressure')).toHaveLength(144);
  expect(items[0]).toMatchObject({
    first: '2026-10-24T20:00:00+00:00',
    last: '2026-10-24T20:02:40+00:00',
    count: 9,
    nan: 0,
  });
  const csv = await site.run('experiments plot Night --event Pressure --format csv');
  expect(csv.stdout.split('\n')[0]).toBe('event,first,last,count,min,max,mean,nan,infinite,unit');
});

test('datapoints plot draws the last 24 hours that have data, or an experiment', async () => {
  await anEventOf('bar', 'Vacuum');
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id)
     select gen_random_uuid(), i, timestamptz '2026-11-01 00:00+00' + i * interval '1 h', (select public_id from events where name = 'Vacuum')
       from generate_series(0, 100) i`,
  );
  const last = JSON.parse((await site.run('datapoints plot --json')).stdout);
  expect(JSON.parse((await site.run('datapoints plot --to 2036-01-01 --json')).stdout)).toEqual(last);
  expect([last.from, last.items.length, last.items[0].event]).toEqual([
    '2026-11-04T04:00:00.000001+00:00',
    24,
    'Vacuum',
  ]);
  const from = JSON.parse(
    (await site.run('datapoints plot --event Vacuum --from 2026-10-31T00:00Z --to 2026-11-01T05:00Z --json')).stdout,
  );
  expect([from.from, from.to, from.items.length]).toEqual([
    '2026-10-31T00:00:00+00:00',
    '2026-11-01T05:00:00+00:00',
    5,
  ]);
  const { stdout } = await site.run('datapoints plot --experiment Night --event Pressure', { env });
  expect(stdout).toContain('Night  2026-10-24 22:00 to 2026-10-25 04:00 Europe/Berlin');
});

test('without datapoints, it says which there are', async () => {
  await anExperiment('Empty');
  const empty = await site.run('experiments plot Empty');
  expect(empty).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'warning: Nothing to draw: experiment "Empty" has no datapoints.\n',
  });
  const { code, stderr } = await site.run('experiments plot Night --from 2027-01-01', { env });
  expect([code, stderr]).toEqual([
    0,
    'warning: Nothing to draw: experiment "Night" has no datapoints from 2027-01-01 00:00 +01:00; ' +
      'there is data from 2026-10-24 22:00 +02:00 to 2026-10-25 04:00 +01:00.\n',
  ]);
  expect((await site.run('datapoints plot --event Pressure --from 2027-01-01', { env })).stderr).toMatch(
    /^warning: Nothing to draw: there are no datapoints of these events from 2027/,
  );
  expect(JSON.parse((await site.run('experiments plot Empty --json')).stdout)).toEqual({
    from: null,
    to: null,
    items: [],
  });
});

test.each([
  ['one datapoint', '1e9', 'i = 0', '1 datapoint, min and max of each 417 ms'],
  ['equal values', '5', 'true', '1,261 datapoints, min and max of each 2 min 55 s'],
  ['no number', `'NaN'`, 'true', '1,261 datapoints, no finite value to draw, 1,261 NaN'],
  ['infinite ones', `case when i % 40 = 0 then '-Infinity' else 1e308 * sin(i) end::float8`, 'true', '631 infinite'],
])('%s has a drawing', async (name, value, where, figures) => {
  await anExperiment(name);
  await anEventOf('', `Value of ${name}`);
  await record(name, `Value of ${name}`, value, { where });
  const { code, stdout } = await site.run(['experiments', 'plot', name], { env });
  expect([code, stdout]).toEqual([0, expect.stringContaining(figures)]);
  await expect(stdout).toMatchFileSnapshot(golden(name.replaceAll(' ', '-')));
});

test('hostile names cannot act on the terminal, nor widen the drawing', async () => {
  const [name, unit] = ['<b>\u001b[2J\u202e温度\n', '\u001b]0;°'];
  await anExperiment('Hostile');
  await anEventOf(unit, name);
  await anEventOf(unit, 'x'.repeat(250));
  await record('Hostile', name, 'i');
  await record('Hostile', 'x'.repeat(250), 'i');
  const { code, output } = await onTerminal('experiments plot Hostile', { ...env, NO_COLOR: '1' }, [], 50);
  expect(code).toBe(0);
  expect(output).toContain('<b>\\x1b[2J\\u202e温度\\n');
  expect(output).toContain('xxxx…');
  expect(output).not.toMatch(/[\u001b\u202e]/);
});

test('of more events than there are colours, the first are drawn, which is said', async () => {
  await anExperiment('Many');
  for (let at = 1; at <= 9; at++) {
    await anEventOf('V', `Cell ${at}`);
    await record('Many', `Cell ${at}`, String(at), { every: 3600 });
  }
  const { stderr } = await site.run('experiments plot Many');
  expect(stderr).toBe('warning: These are the first 8 of 9 events, by name: choose others with --event.\n');
  expect((await site.run('experiments plot Many --event Cell*')).stderr).toBe('');
});

test('with --watch, the drawing follows the size of the window and the datapoints, until Ctrl-C', async () => {
  await anExperiment('Live');
  await anEventOf('A', 'Current');
  await record('Live', 'Current', '5', { where: 'i < 3600' });
  const screen = new Screen(80, 24, env);
  const running = screen.run(['experiments', 'plot', 'Live', '--watch']);
  await screen.untilShown('180 datapoints');
  screen.resize(50, 20);
  await until(async () => (await screen.text()).split('\n').every((line) => line.trimEnd().length < 50));
  expect((await screen.text()).match(/Current/g)).toHaveLength(1);
  expect((await screen.text()).split('\n').length).toBeLessThan(20);
  await record('Live', 'Current', '7', { where: 'i between 3600 and 7199' });
  await screen.untilShown('360 datapoints');
  screen.interrupt();
  expect(await running).toBe(130);
  // The last drawing stays, once.
  expect((await screen.text()).match(/datapoints/g)).toHaveLength(1);
});

test('a range shorter than a few seconds has as many decimals as tell its ends apart', async () => {
  await anExperiment('Short');
  await anEventOf('A', 'Shock');
  await record('Short', 'Shock', 'i', { where: 'i < 100' });
  const heading = async (seconds: number) => {
    await site.pool.query(
      `update datapoints set timestamp = $1::timestamptz + interval '10 us' + value * $2 * interval '1 us'
        where event_public_id = (select public_id from events where name = 'Shock')`,
      [NIGHT.startedOn, seconds * 1e4],
    );
    return (await site.run('experiments plot Short', { env })).stdout.split('\n')[0];
  };
  expect(await heading(0.0001)).toBe('Short  2026-10-24 22:00:00.000010 to 22:00:00.000091 Europe/Berlin');
  expect(await heading(1)).toBe('Short  2026-10-24 22:00:00.00 to 22:00:00.80 Europe/Berlin');
});

test.each([
  ['--output', 'experiments plot Night --watch -o night.svg'],
  ['--force', 'datapoints plot --watch --force'],
])('%s is refused with --watch by its name', async (option, line) => {
  expect(await site.run(line)).toMatchObject({
    code: 2,
    stderr: `error: ${option} has no meaning with --watch.\nLeave out ${option}.\n`,
  });
});

test.each([
  'experiments plot Night --watch',
  'experiments plot Night --watch --json',
  'experiments plot Night --force',
])('%s is refused in a pipe', async (line) => {
  expect(await site.run(line)).toMatchObject({ code: 2, stdout: '' });
});
