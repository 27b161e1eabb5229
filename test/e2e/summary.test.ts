import { afterAll, describe, expect, test } from 'vitest';
import { insertReadings, type Reading } from '../series/reference.ts';
import { anEvent, anExperiment, aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const { publicId: owner } = await aUser(site, { username: 'ada' });
const { publicId: zone } = await anEvent(site, { name: 'Zone 1 of the furnace in the cellar', owner });
const { publicId: flow } = await anEvent(site, { name: 'Flow', unit: 'l/min', owner });
const { publicId: markup } = await anEvent(site, { name: '<b>\u001b[31m&', owner });
const { publicId: idle } = await anEvent(site, { name: 'Idle', owner });
const START = Date.parse('2026-01-01T22:00:00Z') * 1000;

function reading(event: string, second: number, value: number): Reading {
  return { event, time: START + second * 1e6, value };
}

/** A night with a gap of two minutes in all events, and values of one that are NaN, infinite and out of range. */
const NIGHT = Array.from({ length: 600 }, (_, at) => {
  const second = at + (at > 400 ? 120 : 0);
  const odd = { 90: Number.NaN, 91: Number.POSITIVE_INFINITY }[at] ?? (at >= 200 && at < 203 ? 140 : undefined);
  return [reading(zone, second, odd ?? at / 10), reading(flow, second, 12 + (at % 7))];
}).flat();

const night = await anExperiment(site, { name: 'Night', owner });
await insertReadings(site.pool, NIGHT, night.publicId);
const short = await anExperiment(site, { name: 'Short', owner, running: true });
await insertReadings(site.pool, [reading(markup, 0, 5)], short.publicId);
await anExperiment(site, { name: 'Empty', owner });

/** What a terminal of this width shows, without what depends on the layout. */
async function shown(line: string, columns: number, env: Record<string, string> = { NO_COLOR: '1' }): Promise<string> {
  const { output } = await onTerminal(line, { DATABASE_URL: site.url, TZ: 'UTC', ...env }, [], columns);
  return `\n${output.replace(/^(?:public id|created on) .*\n/gm, '')}`;
}

async function json(...words: string[]) {
  const { stdout } = await site.run(['experiments', 'summary', ...words, '--json']);
  return JSON.parse(stdout);
}

describe('the card of an experiment', () => {
  test('fits a wide window', async () => {
    expect(await shown('experiments show Night', 120)).toMatchInlineSnapshot(`
      "
      name        Night
      started on  2026-01-01 00:00:00 UTC
      stopped on  2026-01-02 00:00:00 UTC
      duration    1 d
      running     no
      owner       ada
      datapoints  1,200 (1.67 per second)

      EVENT                          TREND             COUNT  MIN     MEAN  MAX  UNIT   INTERVAL  GAPS  OUTSIDE  NAN  INFINITE
      Flow                           ▅▅▅▅▅▅▅▅▅  ▅▅▅▅▅    600   12  14.9917   18  l/min  1 s          1        0    0         0
      Zone 1 of the furnace in the…  ▁▁▁▁█▂▂▂▃  ▃▃▃▃▄    600    0  30.6214  140  °C     1 s          1        4    1         1
      4 columns hidden: experiments summary --json

      ! 2 gaps, the longest 2 min 1 s in "Flow"
      ! 4 values out of range
      ! 1 NaN
      ! 1 infinite value
      "
    `);
  });

  test('fits a window of 80 columns, and marks what is wrong', async () => {
    expect(await shown('experiments show Night', 80)).toMatchInlineSnapshot(`
      "
      name        Night
      started on  2026-01-01 00:00:00 UTC
      stopped on  2026-01-02 00:00:00 UTC
      duration    1 d
      running     no
      owner       ada
      datapoints  1,200 (1.67 per second)

      EVENT                        TREND             MAX  GAPS  OUTSIDE  NAN  INFINITE
      Flow                         ▅▅▅▅▅▅▅▅▅  ▅▅▅▅▅   18     1        0    0         0
      Zone 1 of the furnace in t…  ▁▁▁▁█▂▂▂▃  ▃▃▃▃▄  140     1        4    1         1
      9 columns hidden: experiments summary --json

      ! 2 gaps, the longest 2 min 1 s in "Flow"
      ! 4 values out of range
      ! 1 NaN
      ! 1 infinite value
      "
    `);
    expect(await shown('experiments show Night', 80, {})).toContain('\u001b[31m4\u001b[39m');
  });

  test('fits a window of 50 columns', async () => {
    expect(await shown('experiments show Night', 50)).toMatchInlineSnapshot(`
      "
      name        Night
      started on  2026-01-01 00:00:00 UTC
      stopped on  2026-01-02 00:00:00 UTC
      duration    1 d
      running     no
      owner       ada
      datapoints  1,200 (1.67 per second)

      EVENT                      TREND     GAPS  OUTSIDE
      Flow                       ▅▅▅▅▅▅▅▅     1        0
      Zone 1 of the furnace in…  ▁▁█▂▃▃▃▃     1        4
      12 columns hidden: experiments summary --json

      ! 2 gaps, the longest 2 min 1 s in "Flow"
      ! 4 values out of range
      ! 1 NaN
      ! 1 infinite value
      "
    `);
  });

  test('is in ASCII on a dumb terminal', async () => {
    const card = await shown('experiments show Night --progress none', 80, { TERM: 'dumb' });
    expect(card).toMatchInlineSnapshot(`
      "
      name        Night
      started on  2026-01-01 00:00:00 UTC
      stopped on  2026-01-02 00:00:00 UTC
      duration    1 d
      running     no
      owner       ada
      datapoints  1,200 (1.67 per second)

      EVENT                        TREND             MAX  GAPS  OUTSIDE  NAN  INFINITE
      Flow                         =========  =====   18     1        0    0         0
      Zone 1 of the furnace in t~  ____#...:  ::::-  140     1        4    1         1
      9 columns hidden: experiments summary --json

      ! 2 gaps, the longest 2 min 1 s in "Flow"
      ! 4 values out of range
      ! 1 NaN
      ! 1 infinite value
      "
    `);
    expect(card).toMatch(/^[\n -~]*$/);
  });

  test('is one of a single datapoint too, and shows a hostile name as text', async () => {
    const card = await shown('experiments show Short', 80);
    expect(card).toMatch(/\nrunning {5}yes\n/);
    expect(card).toMatch(/\ndatapoints {2}1\n/);
    expect(card).toMatch(/\n<b>\\x1b\[31m& {2}▅ +1 +5 +5 +5 {2}· +°C +·\n/);
    expect(card).toMatch(/\n✓ no gaps, nothing out of range, no NaN\n$/);
  });

  test('says that there are no datapoints', async () => {
    const card = await shown('experiments show Empty', 80);
    expect(card).toMatch(/\nwarning: Experiment "Empty" has no datapoints\.\ndatapoints {2}0\n$/);
  });
});

test('in a pipe and as JSON, show has the row only', async () => {
  const { rows } = await site.pool.query(`select name from experiments where name = 'Night'`);
  const asJson = JSON.parse((await site.run('experiments show Night --json')).stdout);
  const [listed] = JSON.parse((await site.run('experiments list --json')).stdout).filter(
    ({ name }: { name: string }) => name === rows[0].name,
  );
  expect(asJson).toEqual(listed);
  expect((await site.run('experiments show Night')).stdout).not.toMatch(/datapoints|duration/);
});

test('summary has all of it for programs', async () => {
  const summary = await json('Night');
  expect(summary).toMatchObject({
    ...{ name: 'Night', owner: 'ada', running: false, duration_seconds: 86_400, datapoints: 1200 },
    datapoints_per_second: expect.closeTo(1200 / 719, 9),
  });
  expect(summary.items.map(({ event }: { event: string }) => event).sort()).toEqual([
    'Flow',
    'Zone 1 of the furnace in the cellar',
  ]);
  const gap = { from: '2026-01-01T22:06:40+00:00', to: '2026-01-01T22:08:41+00:00', seconds: 121 };
  const item = summary.items.find(({ event }: { event: string }) => event !== 'Flow');
  expect(item).toMatchObject({
    ...{ count: 600, nan: 1, infinite: 1, min: 0, max: 140, unit: '°C', min_value: 0, max_value: 100 },
    ...{ first: '2026-01-01T22:00:00+00:00', last: '2026-01-01T22:11:59+00:00' },
    ...{ interval_seconds: 1, interval_sampled: false, gaps: 1, longest_gap_seconds: 121, gap_threshold_seconds: 5 },
    ...{ first_gaps: [gap], out_of_range: 4, event_public_id: zone },
    first_stretches_out_of_range: [
      { from: '2026-01-01T22:01:31+00:00', to: '2026-01-01T22:01:31+00:00', seconds: 0 },
      { from: '2026-01-01T22:03:20+00:00', to: '2026-01-01T22:03:22+00:00', seconds: 2 },
    ],
  });
  const csv = (await site.run('experiments summary Night --event Flow --format csv')).stdout.trimEnd().split('\n');
  expect(csv[0]).toMatch(/^event,count,min,mean,max,stddev,unit,interval_seconds,gaps,.*,event_public_id$/);
  expect(csv.slice(1)).toEqual([expect.stringMatching(`^Flow,600,12,14.99.*,${flow}$`)]);
  expect((await site.run('experiments summary Night --event Flow')).stdout).toMatch(/^Flow\t600\t12\t/);
});

test('the time range and the events can be chosen, and events without datapoints are there too', async () => {
  const summary = await json('Night', '--event', 'Idle', '--event', 'Flow', '--from', '2026-01-01T22:10:00Z');
  expect(summary.datapoints).toBe(120);
  expect(summary.items).toMatchObject([
    { event: 'Flow', count: 120, gaps: 0, first: '2026-01-01T22:10:00+00:00' },
    { event: 'Idle', count: 0, min: null, first: null, interval_seconds: null, gaps: 0, event_public_id: idle },
  ]);
});

describe('--exit-code', () => {
  test.each([
    [
      'summary Night',
      6,
      'has flaws: 2 gaps, the longest 2 min 1 s in "Flow"; 4 values out of range; 1 NaN; 1 infinite',
    ],
    ['summary Night --event Flow', 6, 'has flaws: 1 gap, the longest 2 min 1 s in "Flow".'],
    ['summary Night --event Flow --gap 5m', 0, ''],
    ['summary Night --event Flow --event Idle --gap 5m', 6, 'has flaws: no datapoints of "Idle".'],
    ['summary Empty', 6, 'Experiment "Empty" has no datapoints to check.'],
    ['summary Night --event Idle', 6, 'Experiment "Night" has no datapoints of these events to check.'],
    ['summary Night --to 2025-01-01', 6, 'has no datapoints before 2025-01-01 00:00 +00:00 to check.'],
  ])('of %s is %i', async (line, code, message) => {
    const run = await site.run(`experiments ${line} --exit-code`);
    expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(message)]);
  });

  test('is not asked for by default', async () => {
    expect((await site.run('experiments summary Night')).code).toBe(0);
    expect(await site.run('experiments summary Empty --json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"items":[]'),
      stderr: expect.stringContaining('has no datapoints'),
    });
  });
});
