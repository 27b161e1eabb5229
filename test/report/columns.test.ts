import { expect, test } from 'vitest';
import { columnsOf, type Line, valueAt } from '../../src/report/page/columns.ts';

function aLine(values: readonly number[], gaps: Line['gaps'] = [], times = values.map((_, at) => at)): Line {
  const low = Float32Array.from(values);
  return { curve: { times: Float64Array.from(times), low, high: low, width: 0 }, gaps };
}

test('no peak is lost in the columns of a chart', () => {
  const values = Array.from({ length: 100_000 }, (_, at) => Math.sin(at / 1e4));
  const peaks = [17, 4999, 50_000, 99_999].map((at, number) => [at, 10 + number] as const);
  for (const [at, peak] of peaks) {
    values[at] = peak;
  }
  const { values: drawn, points } = columnsOf([aLine(values)], 0, 100_000, 800);
  expect(points).toEqual([100_000]);
  expect(drawn[0]).toHaveLength(1600);
  expect(drawn[0]).toEqual(expect.arrayContaining(peaks.map(([, peak]) => peak)));
  expect(drawn[0]).toContain(Math.fround(Math.min(...values)));
});

test('a line breaks where there is a gap or no value, and is joined elsewhere', () => {
  const line = aLine([1, 2, 3, Number.NaN, 4, 5], [[1, 50]], [0, 1, 50, 60, 70, 100]);
  const drawn = columnsOf([line], 0, 100, 20).values[0]?.filter((value) => value !== undefined);
  const runs = drawn?.filter((value, at) => value !== null || drawn[at - 1] !== null);
  expect(runs).toEqual([1, 2, null, 3, null, 4, 5]);
  // Both places of nine columns, and that of NaN.
  expect(drawn?.filter((value) => value === null)).toHaveLength(19);
});

test('the points next to what is in view are drawn too, in the order of time', () => {
  const lines = [aLine([1, 2, 3], [], [0, 50, 100]), aLine([4, 5], [], [10, 90])];
  const { times, values, points } = columnsOf(lines, 40, 60, 2);
  expect(times).toEqual([0, 10, 42.5, 47.5, 52.5, 57.5, 90, 100]);
  expect(points).toEqual([1, 0]);
  expect(values[0]).toEqual([1, undefined, undefined, undefined, 2, undefined, undefined, 3]);
  expect(values[1]).toEqual([undefined, 4, undefined, undefined, undefined, undefined, 5, undefined]);
});

test('the cursor reads all that a column shows, or the nearest point, but nothing in a gap', () => {
  const line = aLine([1, 9, 3, 4], [[100, 200]], [0, 1, 100, 200]);
  expect(valueAt(line, 0.5, 2)).toEqual({ low: 1, high: 9 });
  expect(valueAt(line, 70, 2)).toEqual({ low: 3, high: 3 });
  expect(valueAt(line, 150, 2)).toBeUndefined();
});
