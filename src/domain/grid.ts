import { InvalidInputError } from '../errors.ts';

/** The number of columns of a dashboard's grid. */
export const GRID_COLUMNS = 12;

/** The maximum height of a widget, in rows. */
const MAX_HEIGHT = 12;

/** Catches typing errors: nobody scrolls that far. */
const MAX_ROW = 9999;

/** The default size of a widget. */
export const DEFAULT_SIZE = { w: 4, h: 3 } as const;

/** A size in cells of the grid. */
export interface Size {
  w: number;
  h: number;
}

/** The position of a widget, its top left cell, counted from 0, and its size. */
export interface GridRect extends Size {
  x: number;
  y: number;
}

/**
 * Finds the first free rectangle of this size: the topmost, and among those the leftmost. There always is one unless
 * the row is given.
 * @param fixed the given part of the position
 */
export function findFreeRect(
  { w, h }: Size,
  taken: readonly GridRect[],
  fixed: { x?: number; y?: number } = {},
): GridRect | undefined {
  // The topmost free rectangle is in the first row, or directly below another widget.
  const rows = fixed.y === undefined ? [0, ...taken.map((rect) => rect.y + rect.h)] : [fixed.y];
  const columns = fixed.x === undefined ? [...Array(GRID_COLUMNS - w + 1).keys()] : [fixed.x];
  for (const y of rows.filter((row) => row >= 0).sort((a, b) => a - b)) {
    const x = columns.find((column) => !taken.some((rect) => overlap({ x: column, y, w, h }, rect)));
    if (x !== undefined) {
      return { x, y, w, h };
    }
  }
  return undefined;
}

/** Whether two rectangles share a cell. */
export function overlap(one: GridRect, other: GridRect): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

/**
 * Checks that a size, and the given part of a position, fit on the grid.
 * @throws InvalidInputError
 */
export function checkRect({ x = 0, y = 0, w, h }: Size & Partial<GridRect>): void {
  checkRange('width', w, 1, GRID_COLUMNS);
  checkRange('height', h, 1, MAX_HEIGHT);
  checkRange('row y', y, 0, MAX_ROW);
  checkRange('column x', x, 0, GRID_COLUMNS - 1);
  if (x + w > GRID_COLUMNS) {
    throw new InvalidInputError(
      `A widget of width ${w} at column ${x} does not fit on the grid of ${GRID_COLUMNS} columns.`,
      {
        hint: `Use a width of at most ${GRID_COLUMNS - x}, or a column of at most ${GRID_COLUMNS - w}.`,
      },
    );
  }
}

/** Separates the rectangles that leave the grid, or overlap an earlier one, from those that can be drawn. */
export function splitOverlapping<T extends GridRect>(rects: readonly T[]): { placed: T[]; misplaced: T[] } {
  const placed: T[] = [];
  const misplaced: T[] = [];
  for (const rect of rects) {
    const fits = fitsGrid(rect) && !placed.some((other) => overlap(rect, other));
    (fits ? placed : misplaced).push(rect);
  }
  return { placed, misplaced };
}

function fitsGrid(rect: GridRect): boolean {
  try {
    checkRect(rect);
    return true;
  } catch {
    return false;
  }
}

/** Describes a rectangle in a message, such as `4×3 at 0,0`. */
export function describeRect({ x, y, w, h }: GridRect): string {
  return `${w}×${h} at ${x},${y}`;
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidInputError(`The ${what} must be a whole number from ${min} to ${max}, not ${value}.`);
  }
}
