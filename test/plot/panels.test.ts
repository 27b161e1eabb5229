import { expect, test } from 'vitest';
import { drawChart } from '../../src/plot/braille.ts';
import { type Chart, chartOf } from '../../src/plot/panels.ts';
import { gapsOf } from '../../src/series/gaps.ts';
import type { Bucket, Curves } from '../../src/series/model.ts';
import { timeZone } from '../../src/text/time-zone.ts';

/** Buckets of ten seconds with ten datapoints each; `undefined` where there is none. */
function bucketsOf(...values: (number | undefined)[]): Bucket[] {
  return values.flatMap((value, at) => {
    const figures = { count: Number.isNaN(value) ? 0 : 10, nan: Number.isNaN(value) ? 10 : 0, infinite: 0 };
    const finite = Number.isNaN(value) ? undefined : value;
    return value === undefined
      ? []
      : [{ first: at * 10, last: at * 10 + 9, ...figures, min: finite, max: finite, mean: finite }];
  });
}

function curvesOf(events: Record<string, { unit?: string; buckets: Bucket[] }>): Curves {
  const curves = Object.entries(events).map(([name, { unit = '°C', buckets }]) => ({
    event: { publicId: name, name, unit, minValue: 0, maxValue: 1 },
    buckets,
  }));
  return { from: 0, to: 100, width: 10, curves };
}

function drawn(chart: Chart): string {
  const plain = {
    series: String,
    threshold: String,
    axis: String,
    measure: (text: string) => text.length,
    cut: String,
  };
  return drawChart(chart, { columns: 60, rows: 12, ascii: false, zone: timeZone('UTC', 'The test'), ...plain }).join(
    '\n',
  );
}

test('a line ends at a gap, and where no value is finite, and goes on where a single one is missing', () => {
  const buckets = bucketsOf(1, 2, undefined, undefined, undefined, 3, Number.NaN, 4, 5);
  const [panel] = chartOf(curvesOf({ Bed: { buckets } })).panels;
  expect(panel?.series[0]?.runs.map((run) => run.map(({ at, max }) => [at, max]))).toEqual([
    [
      [5, 1],
      [15, 2],
    ],
    [[55, 3]],
    [
      [75, 4],
      [85, 5],
    ],
  ]);
  // Ten seconds and nine are longer than five intervals of one second; five would be no gap.
  expect(gapsOf(buckets)).toEqual([{ from: 19, to: 50 }]);
});

test('the interval is that of the buckets, or between those of a single datapoint, and times that are the same say nothing of it', () => {
  const single = (...times: number[]) =>
    times.map((time) => ({ ...bucketsOf(1)[0], first: time, last: time, count: 1 }) as Bucket);
  expect(gapsOf(single(0, 10, 20, 80, 90))).toEqual([{ from: 20, to: 80 }]);
  expect(gapsOf(single(0, 10, 20, 70, 80))).toEqual([]);
  expect(gapsOf(single(0).concat(single(0)))).toEqual([]);
  expect(gapsOf(single(5))).toEqual([]);
});

test('events of a unit share a panel, and the others have their own, in the order of the events', () => {
  const buckets = bucketsOf(1, 2);
  const { panels } = chartOf(curvesOf({ Bed: { buckets }, Flow: { unit: 'l/min', buckets }, Wall: { buckets } }));
  expect(panels.map(({ unit, series }) => [unit, series.map(({ name, index }) => `${index} ${name}`)])).toEqual([
    ['°C', ['0 Bed', '2 Wall']],
    ['l/min', ['1 Flow']],
  ]);
});

test('a threshold near the values widens the panel; one far away is named with an arrow', () => {
  const curves = curvesOf({ Bed: { buckets: bucketsOf(10, 20) } });
  const threshold = (label: string, ...values: number[]) => ({ eventPublicId: 'Bed', label, values });
  const chart = chartOf(curves, [
    threshold('Near > 25', 25),
    threshold('Far > 900', 900),
    threshold('Cold < -50', -50),
  ]);
  expect(chart.panels[0]?.range).toEqual({ min: 10, max: 25 });
  expect(drawn(chart)).toContain('°C   ━━ Bed   ╌╌ Near > 25   ↑ Far > 900\n        ↓ Cold < -50\n');
  expect(drawn(chart)).toMatch(/^ {4}25 ┤╌{52}$/m);
  const between = chartOf(curves, [threshold('Band', 12, 900)]);
  expect(between.panels[0]).toMatchObject({
    range: { min: 10, max: 20 },
    thresholds: [{ values: [12], beyond: undefined }],
  });
});

test('more labels than fit are left out, and those of the values have room', () => {
  const chart = chartOf(curvesOf({ Bed: { buckets: bucketsOf(-1.5e300, 1.5e300) } }));
  const lines = drawn(chart).split('\n');
  expect(lines.map((line) => line.length)).toEqual(lines.map((line) => Math.min(line.length, 60)));
  expect(drawn(chart)).toMatch(/^ ?-1e300 ┤/m);
});
