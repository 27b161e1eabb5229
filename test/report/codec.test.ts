import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coarser, curveOf, pack, unpack } from '../../src/report/codec.ts';
import type { Bucket } from '../../src/series/model.ts';

const grid = { from: 1_793_000_000, width: 0.5 };

function aBucket(number: number, min: number | undefined, max = min, datapoints = 2): Bucket {
  const first = grid.from + number * grid.width;
  const nan = min === undefined ? datapoints : 0;
  return { first, last: first + 0.1, count: datapoints - nan, min, max, mean: min, nan, infinite: 0 };
}

function roundTrip(buckets: readonly Bucket[]) {
  const curve = curveOf(buckets, grid);
  const bytes = pack(curve, grid);
  return { curve, read: unpack(curve.layout, bytes, 0, grid), bytes };
}

test('buckets come back in single precision, also those that have no value, after gaps', () => {
  const buckets = [aBucket(0, 21.4, 22), aBucket(1, undefined), aBucket(7, -3, 1742.5), aBucket(90_000, 0.1)];
  const { read, bytes } = roundTrip(buckets);
  expect([...read.low]).toEqual([21.4, Number.NaN, -3, 0.1].map(Math.fround));
  expect([...read.high]).toEqual([22, Number.NaN, 1742.5, 0.1].map(Math.fround));
  expect([...read.times]).toEqual([0.25, 0.75, 3.75, 45_000.25].map((seconds) => grid.from + seconds));
  expect(read.end).toBe(bytes.length);
});

test('datapoints keep their times to the microsecond', () => {
  const times = [0, 0.000001, 600.5, 6250.123457, 86_400_000];
  const buckets = times.map((time) => {
    return { ...aBucket(0, time), first: Math.round((grid.from + time) * 1e6) / 1e6, count: 1 };
  });
  const { read } = roundTrip(buckets);
  expect(read.layout.exact).toBe(true);
  expect([...read.times]).toEqual(buckets.map(({ first }) => first));
});

test('values that single precision cannot tell apart, or not hold, stay doubles', () => {
  for (const values of [
    [1_793_000_000, 1_793_000_001],
    [1e300, -1e300],
    [0, 1e-300],
    [5, 5 + 1e-9],
  ]) {
    const { read } = roundTrip(values.map((value, at) => aBucket(at, value)));
    expect([...read.low]).toEqual(values);
  }
});

test('any curve comes back', () => {
  const value = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined });
  const buckets = fc.uniqueArray(fc.tuple(fc.nat(1e6), value, fc.double({ min: 0, max: 9, noNaN: true })), {
    selector: ([number]) => number,
  });
  fc.assert(
    fc.property(buckets, (given) => {
      const sorted = given.toSorted(([left], [right]) => left - right);
      const { curve, read } = roundTrip(sorted.map(([at, min, more]) => aBucket(at, min, min && min + more)));
      expect(read).toMatchObject({ times: curve.times, low: curve.low, high: curve.high });
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('merging buckets keeps the least and the greatest value', () => {
  const { curve } = roundTrip([aBucket(0, 1, 2), aBucket(1, -5, 1), aBucket(2, undefined), aBucket(3, undefined)]);
  const merged = coarser(curve, grid, 2);
  expect([...merged.low]).toEqual([-5, Number.NaN]);
  expect([...merged.high]).toEqual([2, Number.NaN]);
  expect([...merged.times]).toEqual([grid.from + 0.5, grid.from + 1.5]);
});

test('incomplete data are an error', () => {
  const { curve, bytes } = roundTrip([aBucket(0, 1, 2), aBucket(1, 2, 3)]);
  expect(() => unpack(curve.layout, bytes.subarray(0, -1), 0, grid)).toThrow(RangeError);
});
