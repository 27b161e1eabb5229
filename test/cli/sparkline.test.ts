import { expect, test } from 'vitest';
import { peaks, sparkline } from '../../src/cli/sparkline.ts';

const unicode = { ascii: false };

test('values are drawn from the least to the greatest', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], unicode)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([-7, 0, 7], { ascii: true })).toBe('_=#');
});

test('what was not measured is blank', () => {
  expect(sparkline([0, undefined, Number.NaN, Number.POSITIVE_INFINITY, 1], unicode)).toBe('▁   █');
  expect(sparkline([], unicode)).toBe('');
  expect(sparkline([undefined], unicode)).toBe(' ');
});

test('equal values, and those as far apart as numbers can be, have a height', () => {
  expect(sparkline([5, 5], unicode)).toBe('▅▅');
  expect(sparkline([-Number.MAX_VALUE, 0, Number.MAX_VALUE], unicode)).toBe('▁▅█');
});

test('each column has the extreme that is further from the middle', () => {
  const columns = [{ min: 0, max: 1 }, { min: 4, max: 10 }, undefined, { min: 4, max: 5 }, { min: 5, max: 5.5 }];
  expect(peaks([...columns, { min: undefined, max: undefined }])).toEqual([0, 10, undefined, 4, 5.5, undefined]);
});
