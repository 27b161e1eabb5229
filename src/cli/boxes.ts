import type { Style } from './style.ts';
import { fitted, measureFor } from './width.ts';

/** A box on a grid, in cells, and the lines of its text, of which the first is its title. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
  lines: readonly string[];
}

/** Lines per grid cell: the border to the cell above, and one line of text. */
const CELL_LINES = 2;
const MIN_CELL_WIDTH = 3;
const MAX_CELL_WIDTH = 10;

/** More consecutive rows without a box are replaced by their number. */
const MAX_EMPTY_ROWS = 2;

/** The directions of the lines that meet at a point, as bits. */
const UP = 1;
const DOWN = 2;
const LEFT = 4;
const RIGHT = 8;

const LINES: Record<number, string> = {
  [UP | DOWN]: '│',
  [LEFT | RIGHT]: '─',
  [DOWN | RIGHT]: '┌',
  [DOWN | LEFT]: '┐',
  [UP | RIGHT]: '└',
  [UP | LEFT]: '┘',
  [UP | DOWN | RIGHT]: '├',
  [UP | DOWN | LEFT]: '┤',
  [DOWN | LEFT | RIGHT]: '┬',
  [UP | LEFT | RIGHT]: '┴',
  [UP | DOWN | LEFT | RIGHT]: '┼',
};

/**
 * Draws boxes that lie on the grid and do not overlap; neighbours share the line between them. Column and row numbers are
 * at the top left corners of the cells.
 * @param columns the number of columns of the grid
 * @param width the width of the terminal, in characters
 */
export async function drawBoxes(boxes: readonly Box[], columns: number, width: number, style: Style): Promise<string> {
  const measure = await measureFor(boxes.flatMap(({ lines }) => lines));
  const rows = visibleRows(boxes);
  const margin = Math.max(...rows.map((row) => String(row).length)) + 1;
  const cellWidth = Math.min(MAX_CELL_WIDTH, Math.max(MIN_CELL_WIDTH, Math.floor((width - margin - 1) / columns)));
  const lineOf = (row: number) => rows.indexOf(row) * CELL_LINES;
  const canvas = new Canvas(columns * cellWidth + 1, (rows.length - 1) * CELL_LINES + 1);
  for (let column = 0; column <= columns; column++) {
    for (let row = 0; row < rows.length; row++) {
      canvas.write(column * cellWidth, row * CELL_LINES, style.dim('·'), 1);
    }
  }
  for (const { x, y, w, h, lines } of boxes) {
    const [left, right, top, bottom] = [x * cellWidth, (x + w) * cellWidth, lineOf(y), lineOf(y + h)];
    canvas.frame(left, top, right, bottom);
    const room = right - left - 1;
    for (let at = 0; top + 1 + at < bottom; at++) {
      const text = `${fitted(` ${lines[at] ?? ''}`, room - 1, measure)} `;
      canvas.write(left + 1, top + 1 + at, at === 0 ? style.bold(text) : style.dim(text), room);
    }
  }
  const inside = columns * cellWidth - 1;
  rows.forEach((row, at) => {
    const empty = (rows[at + 1] ?? row) - row;
    if (empty > 1) {
      canvas.write(1, at * CELL_LINES + 1, style.dim(fitted(`⋮ ${empty} empty rows`, inside, measure)), inside);
    }
  });
  const head = [...Array(columns).keys()].map((column) => String(column).padEnd(cellWidth)).join('');
  const body = canvas.lines().map((line, at) => {
    const label = at % CELL_LINES === 0 && at < (rows.length - 1) * CELL_LINES ? String(rows[at / CELL_LINES]) : '';
    return `${style.dim(label.padStart(margin - 1))} ${line}`.trimEnd();
  });
  return `${' '.repeat(margin)}${style.dim(head.trimEnd())}\n${body.join('\n')}\n`;
}

/** Returns the rows to draw and the one after the last; omitted rows leave a gap between two numbers. */
function visibleRows(boxes: readonly Box[]): number[] {
  const edges = [...new Set([0, ...boxes.flatMap(({ y, h }) => [y, y + h])])].sort((a, b) => a - b);
  return edges.flatMap((edge, at) => {
    const next = edges[at + 1] ?? edge + 1;
    const empty = !boxes.some(({ y, h }) => y <= edge && edge < y + h);
    return empty && next - edge > MAX_EMPTY_ROWS ? [edge] : [...Array(next - edge).keys()].map((row) => edge + row);
  });
}

/** A grid of characters, on which frames join where they meet. */
class Canvas {
  readonly #cells: string[][];
  readonly #directions: Uint8Array[];

  constructor(width: number, height: number) {
    this.#cells = Array.from({ length: height }, () => Array<string>(width).fill(' '));
    this.#directions = this.#cells.map(() => new Uint8Array(width));
  }

  /** Writes a text of this width, which may contain colours. */
  write(x: number, y: number, text: string, width: number): void {
    this.#cells[y]?.splice(x, width, text, ...Array<string>(width - 1).fill(''));
  }

  frame(left: number, top: number, right: number, bottom: number): void {
    for (let x = left; x < right; x++) {
      for (const y of [top, bottom]) {
        this.#connect(x, y, RIGHT);
        this.#connect(x + 1, y, LEFT);
      }
    }
    for (let y = top; y < bottom; y++) {
      for (const x of [left, right]) {
        this.#connect(x, y, DOWN);
        this.#connect(x, y + 1, UP);
      }
    }
  }

  lines(): string[] {
    return this.#cells.map((cells, y) => cells.map((text, x) => LINES[this.#directions[y]?.[x] ?? 0] ?? text).join(''));
  }

  #connect(x: number, y: number, direction: number): void {
    const line = this.#directions[y];
    if (line) {
      line[x] = (line[x] ?? 0) | direction;
    }
  }
}
