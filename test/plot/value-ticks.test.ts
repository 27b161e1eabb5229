import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangeOf, valueTicks } from '../../src/plot/value-ticks.ts';

test.each([
  [0, 10, 5, ['0', '2', '4', '6', '8', '10']],
  [-0.31, 0.32, 6, ['-0.2', '0.0', '0.2']],
  [440, 1530, 4, ['500', '1000', '1500']],
  [0.1, 0.35, 4, ['0.1', '0.2', '0.3']],
  [1e9, 3.2e9, 4, ['1e9', '2e9', '3e9']],
  [1e-9, 3.2e-9, 4, ['1e-9', '2e-9', '3e-9']],
  [-2e8, 2e8, 4, ['-2e8', '-1e8', '0', '1e8', '2e8']],
  [-Number.MAX_VALUE, Number.MAX_VALUE, 4, ['-1e308', '0', '1e308']],
  [1e15, 1e15 + 1, 4, ['1.000000000000000e15', '1.000000000000001e15']],
])('the ticks from %d to %d, at most about %d, are %j', (min, max, most, labels) => {
  expect(valueTicks({ min, max }, most).map(({ label }) => label)).toEqual(labels);
});

test('a label is the value of its tick, and no two are the same', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 2, max: 12 }), (one, other, most) => {
      const range = rangeOf(Math.min(one, other), Math.max(one, other));
      const ticks = valueTicks(range, most);
      expect(ticks.length).toBeLessThanOrEqual(most + 1);
      expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
      for (const { at, label } of ticks) {
        expect(Number(label)).toBe(at);
      }
    }),
  );
});

test('equal values are in the middle of a range', () => {
  expect([rangeOf(0, 0), rangeOf(50, 50), rangeOf(1, 2)]).toEqual([
    { min: -1, max: 1 },
    { min: 45, max: 55 },
    { min: 1, max: 2 },
  ]);
});
