import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { ReportData } from '../../src/report/page-data.ts';
import { readPage } from '../report/a-page.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, anExperiment, aSite, aUser, datapoints } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
const file = (name: string) => join(folder.path, name);
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const HOSTILE = '</script><img src=x>\u202e\u0007';
const owner = (await aUser(site, { username: 'alice', admin: true })).publicId;
const bed = await anEvent(site, { name: 'Bed', owner });
const hostile = await anEvent(site, { name: HOSTILE, unit: '"<b>', owner });
const run7 = await anExperiment(site, { name: 'Run 7', owner });
const run8 = await anExperiment(site, { name: 'Run 8', owner });
await anExperiment(site, { name: 'Empty', owner });
await datapoints(site, 150, { event: bed.publicId, experiment: run7.publicId });
await datapoints(site, 30, { event: hostile.publicId, experiment: run7.publicId });
await datapoints(site, 120, { event: bed.publicId, experiment: run8.publicId });
await site.pool.query(
  `update datapoints set value = value + 1, timestamp = timestamp + interval '1 day' where experiment_public_id = $1`,
  [run8.publicId],
);
await site.pool.query(
  `update datapoints set value = 'NaN' where experiment_public_id = $1 and event_public_id = $2 and value = 20`,
  [run7.publicId, bed.publicId],
);

async function report(words: string[], name: string) {
  const run = await site.run(['experiments', ...words, '-o', file(name)], {
    env: { WEBMACS_TIMEZONE: 'Europe/Berlin' },
  });
  const page = readPage(readFileSync(file(name), 'utf8'));
  return { ...run, ...page, data: page.data as ReportData };
}

test('a report has the datapoints, figures, log entries and what the rules of today would do', async () => {
  await site.run('rules create Hot --event Bed --when gt --threshold 148 --cooldown 0s --action log --as alice');
  await site.run('rules create Off --event Bed --when gt --threshold 1 --action log --as alice --disabled');
  await site.pool.query(
    `insert into log_entries (public_id, content, logging_type, status_type, user_public_id, created_on)
     values ('l1', 'Valve opened', 'warning', 'unread', $1, '2026-01-01T00:01:00Z'),
            ('l2', 'Too late', 'info', 'unread', $1, '2026-01-03')`,
    [owner],
  );
  const { code, stderr, data, curves } = await report(['report', 'Run 7'], 'run7.html');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/run7\.html: 180 datapoints of 2 events, \d+ kB\.\n$/)]);
  expect(data).toMatchObject({ title: 'Run 7', run: { owner: 'alice', isRunning: false } });
  expect(data.time.zone).toMatchObject({ name: 'Europe/Berlin', periods: [{ offset: 3600 }] });
  const [first, second] = data.series;
  expect([second?.name, second?.unit]).toEqual(['Bed', '°C']);
  expect(first?.name).toBe('</script><img src=x>\\u202e\\x07');
  expect(second?.figures).toMatchObject({ count: 150, nan: 1, min: 0, max: 149, interval: 1, outOfRange: 49 });
  expect(curves[1]?.low).toEqual(Float32Array.from({ length: 150 }, (_, at) => (at === 20 ? Number.NaN : at)));
  expect(curves[1]?.times.at(-1)).toBe(Date.parse('2026-01-01T00:02:29Z') / 1000);
  expect(data.panels[1]?.thresholds).toEqual([{ value: 148, text: 'Hot > 148 °C' }]);
  expect(data.marks.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    'warning: Valve opened',
    'rule: Rule "Hot" (> 148 °C) would trigger at 149 °C',
  ]);
});

test('a part of a run is what the options select', async () => {
  const { data } = await report(['report', 'Run 7', '--event', 'Bed', '--from', '+10s', '--to', '+20s'], 'part.html');
  expect(data.series.map(({ name, figures }) => [name, figures.count, figures.max])).toEqual([['Bed', 10, 19]]);
  expect([data.time.from, data.time.to].map((time) => time - Date.parse('2026-01-01Z') / 1000)).toEqual([10, 19]);
});

test('an experiment without datapoints is a page that says so, with a warning', async () => {
  const { code, stderr, data } = await report(['report', 'Empty'], 'empty.html');
  expect([code, stderr, data.series]).toEqual([0, expect.stringContaining('no datapoint is selected'), []]);
  const run = ['2026-01-01Z', '2026-01-02Z'].map((time) => Date.parse(time) / 1000);
  expect([data.time.from, data.time.to]).toEqual(run);
});

test('no file is replaced without --force, and standard output is the page alone', async () => {
  const again = await site.run(['experiments', 'report', 'Run 7', '-o', file('run7.html')]);
  expect([again.code, again.stderr]).toEqual([4, expect.stringContaining('--force')]);
  const piped = await site.run(['experiments', 'report', 'Run 7', '-o', '-', '--json']);
  expect(readPage(piped.stdout).data.title).toBe('Run 7');
  expect(JSON.parse(piped.stderr)).toMatchObject({ file: '-', datapoints: 180, events: 2 });
});

test('two runs are compared by their figures', async () => {
  const { code, stdout } = await site.run(['experiments', 'compare', 'Run 7', 'Run 8', '--json']);
  const [one, two] = JSON.parse(stdout);
  expect([code, one]).toEqual([
    0,
    expect.objectContaining({ event: HOSTILE, count_a: 30, count_b: null, difference: null }),
  ]);
  expect(two).toMatchObject({ event: 'Bed', max_a: 149, min_b: 1, max_b: 120, count_b: 120, mean_b: 60.5 });
});

test('a compressed page is reported with the size that it has', async () => {
  const { code, stdout } = await site.run(['experiments', 'report', 'Run 7', '-o', file('run7.html.gz'), '--json']);
  expect([code, JSON.parse(stdout).bytes]).toEqual([0, statSync(file('run7.html.gz')).size]);
});

test('two runs without datapoints are nothing to compare, with a warning', async () => {
  const { code, stdout, stderr } = await site.run('experiments compare Empty Empty --json');
  expect([code, JSON.parse(stdout)]).toEqual([0, []]);
  expect(stderr).toBe('warning: Nothing to compare: no datapoint is selected of "Empty" or "Empty".\n');
});

test('two runs are compared without --force, which only a file can need', async () => {
  const run = await site.run(['experiments', 'compare', 'Run 7', 'Run 8', '--force']);
  expect([run.code, run.stdout, run.stderr]).toEqual([2, '', expect.stringContaining('--output FILE')]);
});

test('two runs are over each other by the time since their start', async () => {
  const { data, curves } = await report(['compare', 'Run 7', 'Run 8', '--event', 'Bed'], 'both.html');
  expect(data.series.map(({ name, of }) => [name, of])).toEqual([
    ['A: Run 7', 'Bed'],
    ['B: Run 8', 'Bed'],
  ]);
  expect(curves.map(({ times }) => times[10])).toEqual([10, 86_410]);
  expect(data.panels).toEqual([{ title: 'Bed °C', unit: '°C', series: [0, 1], thresholds: [] }]);
});
