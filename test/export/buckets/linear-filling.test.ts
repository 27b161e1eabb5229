import { expect, test } from 'vitest';
import { Bucket } from '../../../src/export/shape/bucket.ts';
import { LinearFilling } from '../../../src/export/shape/filling.ts';

/** The means of one event in consecutive buckets; `undefined` where there is none. */
function filled(means: readonly (number | undefined)[], maxHeld: number) {
  const held = new Map<number, Bucket>();
  let longGaps = 0;
  let unfilled = 0;
  const ranges = [{ first: 0, last: means.length - 1 }];
  const buckets = { held, maxHeld, onLongGap: () => longGaps++, onNoLine: () => unfilled++ };
  const filling = new LinearFilling(ranges, ['mean'], buckets);
  for (const [position, mean] of means.entries()) {
    const bucket = new Bucket(1, 1);
    bucket.start = position;
    held.set(position, bucket);
    if (mean !== undefined) {
      bucket.hasRow[0] = 1;
      bucket.cells.setText(0, String(mean));
    }
    expect(position - filling.add(bucket, position)).toBeLessThan(maxHeld);
  }
  return {
    numbers: [...held.values()].map(({ cells }) => (cells.has(0) ? cells.number(0) : Number.NaN)),
    longGaps,
    unfilled,
  };
}

test('a gap that fits is on a straight line', () => {
  const means = [1, undefined, undefined, 4, undefined, 8];
  expect(filled(means, 3)).toEqual({ numbers: [1, 2, 3, 4, 6, 8], longGaps: 0, unfilled: 0 });
});

test('of a gap that is too long nothing is filled, and the next one is', () => {
  const means = [1, undefined, undefined, undefined, 5, undefined, 7];
  expect(filled(means, 2)).toEqual({ numbers: [1, NaN, NaN, NaN, 5, 6, 7], longGaps: 1, unfilled: 0 });
});

test('beside infinity there is no line: what is missing stays empty, and is counted', () => {
  const means = [1, undefined, Infinity, undefined, -Infinity, undefined, undefined, 4, undefined, 8];
  expect(filled(means, 3)).toEqual({
    numbers: [1, NaN, Infinity, NaN, -Infinity, NaN, NaN, 4, 6, 8],
    ...{ longGaps: 0, unfilled: 4 },
  });
});

test('a line between numbers whose difference is too large for a double is straight', () => {
  expect(filled([-1.5e308, undefined, 1.5e308], 3).numbers).toEqual([-1.5e308, 0, 1.5e308]);
});
