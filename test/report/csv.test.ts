import { expect, test } from 'vitest';
import { clockOf } from '../../src/report/page/clock.ts';
import { csvOf } from '../../src/report/page/csv.ts';
import { View } from '../../src/report/page/view.ts';
import { pageZone } from '../../src/report/report.ts';
import { timeZone } from '../../src/text/time-zone.ts';

const from = Date.parse('2026-10-24T23:59:58Z') / 1000;
const none = { min: null, mean: null, max: null, stddev: null, interval: null, isSampled: false };
const figures = { ...none, count: 3, nan: 0, infinite: 0, gaps: 0, longestGap: 0, outOfRange: 0 };

function aLine(name: string, isShown = true) {
  const low = Float32Array.of(21.4, 22, Number.NaN);
  const layout = { points: 3, exact: true, wide: false };
  const series = { name, unit: '°C', colour: 0, layout, grid: { from, width: 1 }, gaps: [], outOfRange: [], figures };
  return { series, curve: { times: Float64Array.of(from, from + 1.5, from + 9), low, high: low, width: 0 }, isShown };
}

test('what is in view of the shown lines is saved, with offsets; a name is never a formula', () => {
  const change = Date.parse('2026-10-25T01:00:00Z') / 1000;
  const periods = [
    { from, offset: 7200 },
    { from: change, offset: 3600 },
  ];
  const clock = clockOf({ from, to: change, zone: { name: 'Europe/Berlin', periods } });
  const view = new View(from, from + 2, 1);
  expect(csvOf([aLine('=1+1, "x"'), aLine('hidden', false)], view, clock).split('\r\n')).toEqual([
    'time,event,unit,min,max',
    `2026-10-25T01:59:58.000000+02:00,"'=1+1, ""x""",°C,21.4,21.4`,
    `2026-10-25T01:59:59.500000+02:00,"'=1+1, ""x""",°C,22,22`,
    '',
  ]);
  expect(clock.exact(change)).toBe('2026-10-25T02:00:00.000000+01:00');
});

test('an hour that comes twice is told apart', () => {
  const change = Date.parse('2026-10-25T01:00:00Z') / 1000;
  const zone = pageZone(timeZone('Europe/Berlin', 'The test'), change, change + 60);
  const clock = clockOf({ from: change, to: change + 60, zone });
  expect([change - 3601, change - 1, change, change + 3600].map((time) => clock.text(time))).toEqual([
    '2026-10-25 01:59:59',
    '2026-10-25 02:59:59 UTC+2',
    '2026-10-25 02:00:00 UTC+1',
    '2026-10-25 03:00:00',
  ]);
  expect(clock.short(change)).toBe('02:00:00 UTC+1');
});

test('times since a start are in seconds', () => {
  const clock = clockOf({ from: 0, to: 9 });
  expect([clock.exact(1.5), clock.text(3_725), clock.text(-1.25, 0.01)]).toEqual(['1.5', '1:02:05', '−0:00:01.25']);
  expect(clock.ticks(-10, 7200, 5).map(({ label }) => label)).toEqual(['0:00', '0:30', '1:00', '1:30', '2:00']);
});
