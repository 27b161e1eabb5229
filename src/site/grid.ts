import { InvalidInputError } from '../errors.ts';

/** Columns of a dashboard's grid. */
export const GRID_COLUMNS = 12;

/** The largest height of a widget, in rows of the grid. */
const MAX_HEIGHT = 12;

/** Far below what anybody scrolls to; a slip of the hand is found out. */
const MAX_ROW = 9999;

/** The size of a widget where nothing else is said. */
export const DEFAULT_SIZE = { w: 4, h: 3 } as const;

/** A size in cells of the grid. */
export interface Size {
  w: number;
  h: number;
}

/** Where a widget is: its left upper cell, from 0 and 0, and its size. */
export interface Place extends Size {
  x: number;
  y: number;
}

/**
 * The first free place of this size: the uppermost, and of these the leftmost. It exists, unless the row is fixed.
 * @param fixed what of the position is decided already
 */
export function freePlace(
  { w, h }: Size,
  taken: readonly Place[],
  fixed: { x?: number; y?: number } = {},
): Place | undefined {
  // What cannot be moved up a row lies in the first one, or right under another widget.
  const rows = fixed.y === undefined ? [0, ...taken.map((place) => place.y + place.h)] : [fixed.y];
  const columns = fixed.x === undefined ? [...Array(GRID_COLUMNS - w + 1).keys()] : [fixed.x];
  for (const y of rows.filter((row) => row >= 0).sort((a, b) => a - b)) {
    const x = columns.find((column) => !taken.some((place) => overlap({ x: column, y, w, h }, place)));
    if (x !== undefined) {
      return { x, y, w, h };
    }
  }
  return undefined;
}

/** Whether two places have a cell in common. */
export function overlap(one: Place, other: Place): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

/**
 * Checks that what is given of a place lies on the grid.
 * @throws InvalidInputError
 */
export function checkPlace({ x = 0, y = 0, w, h }: Size & Partial<Place>): void {
  between('width', w, 1, GRID_COLUMNS);
  between('height', h, 1, MAX_HEIGHT);
  between('row y', y, 0, MAX_ROW);
  between('column x', x, 0, GRID_COLUMNS - 1);
  if (x + w > GRID_COLUMNS) {
    throw new InvalidInputError(`A widget ${w} wide at column ${x} would leave the grid of ${GRID_COLUMNS} columns.`, {
      hint: `Make it at most ${GRID_COLUMNS - x} wide, or place it at column ${GRID_COLUMNS - w} or before.`,
    });
  }
}

/** The places that can be drawn beside each other, and those that leave the grid or overlap one of these. */
export function apart<T extends Place>(places: readonly T[]): { placed: T[]; misplaced: T[] } {
  const placed: T[] = [];
  const misplaced: T[] = [];
  for (const place of places) {
    const fits = liesOnGrid(place) && !placed.some((other) => overlap(place, other));
    (fits ? placed : misplaced).push(place);
  }
  return { placed, misplaced };
}

function liesOnGrid(place: Place): boolean {
  try {
    checkPlace(place);
    return true;
  } catch {
    return false;
  }
}

/** `4×3 at 0,0`: a place in a message. */
export function placeInWords({ x, y, w, h }: Place): string {
  return `${w}×${h} at ${x},${y}`;
}

function between(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidInputError(`The ${what} must be a whole number from ${least} to ${most}, not ${value}.`);
  }
}
