import { expect, test } from 'vitest';
import { checkRect, findFreeRect, type GridRect, overlap, splitOverlapping } from '../../src/site/grid.ts';

const place = (x: number, y: number, w: number, h: number): GridRect => ({ x, y, w, h });
const SIZE = { w: 4, h: 3 };

test('the first free place is the uppermost, and of these the leftmost', () => {
  expect(findFreeRect(SIZE, [])).toEqual(place(0, 0, 4, 3));
  expect(findFreeRect(SIZE, [place(0, 0, 4, 3)])).toEqual(place(4, 0, 4, 3));
  expect(findFreeRect(SIZE, [place(0, 0, 12, 3)])).toEqual(place(0, 3, 4, 3));
  expect(findFreeRect(SIZE, [place(0, 0, 6, 5), place(9, 0, 3, 2)])).toEqual(place(6, 2, 4, 3));
  expect(findFreeRect(SIZE, [place(0, 5, 12, 1)])).toEqual(place(0, 0, 4, 3));
});

test('a given column or row is kept, and a row can be full', () => {
  const taken = [place(0, 0, 8, 3)];
  expect(findFreeRect(SIZE, taken, { x: 2 })).toEqual(place(2, 3, 4, 3));
  expect(findFreeRect(SIZE, taken, { y: 1 })).toEqual(place(8, 1, 4, 3));
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

test('places side by side do not overlap, and those with a common cell do', () => {
  expect(overlap(place(0, 0, 4, 3), place(4, 0, 4, 3))).toBe(false);
  expect(overlap(place(0, 0, 4, 3), place(0, 3, 4, 3))).toBe(false);
  expect(overlap(place(0, 0, 4, 3), place(3, 2, 4, 3))).toBe(true);
  expect(overlap(place(0, 0, 12, 12), place(5, 5, 1, 1))).toBe(true);
});

test.each([
  ['too wide', place(0, 0, 13, 1)],
  ['without width', place(0, 0, 0, 1)],
  ['too high', place(0, 0, 1, 13)],
  ['over the right edge', place(9, 0, 4, 1)],
  ['beyond the last column', place(12, 0, 1, 1)],
  ['above the first row', place(0, -1, 1, 1)],
  ['between two columns', place(0.5, 0, 1, 1)],
  ['far below', place(0, 2_147_483_647, 1, 1)],
])('a place is refused that is %s', (_what, wrong) => {
  expect(() => checkRect(wrong)).toThrow();
});

test('what the server has put over another widget or off the grid is told apart', () => {
  const [good, over, off] = [place(0, 0, 4, 3), place(2, 2, 4, 3), place(10, 0, 4, 3)];
  expect(splitOverlapping([good, over, off])).toEqual({ placed: [good], misplaced: [over, off] });
});
