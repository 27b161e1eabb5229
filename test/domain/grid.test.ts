import { expect, test } from 'vitest';
import { checkRect, findFreeRect, type GridRect, overlap, splitOverlapping } from '../../src/domain/grid.ts';

const rect = (x: number, y: number, w: number, h: number): GridRect => ({ x, y, w, h });
const SIZE = { w: 4, h: 3 };

test('the first free rectangle is the topmost, and among those the leftmost', () => {
  expect(findFreeRect(SIZE, [])).toEqual(rect(0, 0, 4, 3));
  expect(findFreeRect(SIZE, [rect(0, 0, 4, 3)])).toEqual(rect(4, 0, 4, 3));
  expect(findFreeRect(SIZE, [rect(0, 0, 12, 3)])).toEqual(rect(0, 3, 4, 3));
  expect(findFreeRect(SIZE, [rect(0, 0, 6, 5), rect(9, 0, 3, 2)])).toEqual(rect(6, 2, 4, 3));
  expect(findFreeRect(SIZE, [rect(0, 5, 12, 1)])).toEqual(rect(0, 0, 4, 3));
});

test('a given column or row is kept, and a row can be full', () => {
  const taken = [rect(0, 0, 8, 3)];
  expect(findFreeRect(SIZE, taken, { x: 2 })).toEqual(rect(2, 3, 4, 3));
  expect(findFreeRect(SIZE, taken, { y: 1 })).toEqual(rect(8, 1, 4, 3));
  expect(findFreeRect({ w: 5, h: 1 }, taken, { y: 2 })).toBeUndefined();
  expect(findFreeRect(SIZE, taken, { x: 7, y: 2 })).toBeUndefined();
});

test('widgets added one after the other without a position never overlap and leave no gap they would fit in', () => {
  const taken: GridRect[] = [];
  for (let at = 0; at < 60; at++) {
    const size = { w: (at * 5) % 12 || 12, h: ((at * 7) % 4) + 1 };
    const found = findFreeRect(size, taken);
    expect(found).toBeDefined();
    if (found) {
      checkRect(found);
      expect(taken.filter((other) => overlap(found, other))).toEqual([]);
      for (let y = 0; y < found.y; y++) {
        const free = [...Array(13 - size.w).keys()].filter(
          (x) => !taken.some((other) => overlap({ x, y, ...size }, other)),
        );
        expect(free).toEqual([]);
      }
      taken.push(found);
    }
  }
});

test('rectangles side by side do not overlap, and those with a common cell do', () => {
  expect(overlap(rect(0, 0, 4, 3), rect(4, 0, 4, 3))).toBe(false);
  expect(overlap(rect(0, 0, 4, 3), rect(0, 3, 4, 3))).toBe(false);
  expect(overlap(rect(0, 0, 4, 3), rect(3, 2, 4, 3))).toBe(true);
  expect(overlap(rect(0, 0, 12, 12), rect(5, 5, 1, 1))).toBe(true);
});

test.each([
  ['too wide', rect(0, 0, 13, 1)],
  ['without width', rect(0, 0, 0, 1)],
  ['too high', rect(0, 0, 1, 13)],
  ['over the right edge', rect(9, 0, 4, 1)],
  ['beyond the last column', rect(12, 0, 1, 1)],
  ['above the first row', rect(0, -1, 1, 1)],
  ['between two columns', rect(0.5, 0, 1, 1)],
  ['far below', rect(0, 2_147_483_647, 1, 1)],
])('a rectangle is refused that is %s', (_what, wrong) => {
  expect(() => checkRect(wrong)).toThrow();
});

test('widgets that the server has placed over another or off the grid are separated', () => {
  const [good, over, off] = [rect(0, 0, 4, 3), rect(2, 2, 4, 3), rect(10, 0, 4, 3)];
  expect(splitOverlapping([good, over, off])).toEqual({ placed: [good], misplaced: [over, off] });
});
