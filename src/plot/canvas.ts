/** The bits of the dots of a braille character, row by row. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE = 0x2800;

export const DOTS_ACROSS = 2;
export const DOTS_DOWN = 4;

/** A cell of a canvas: a text of one character, and the series that it belongs to, if any. */
export interface Cell {
  text: string;
  series: number | undefined;
}

/** A place in dots, from the left and from the bottom. */
export interface Place {
  x: number;
  y: number;
}

/** Cells of 2 × 4 dots each. A cell belongs to the series that drew in it last. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly #dots: Uint8Array;
  readonly #series: Int32Array;
  readonly #shapes = new Map<number, string>();

  /** @param width in cells */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#dots = new Uint8Array(width * height);
    this.#series = new Int32Array(width * height).fill(-1);
  }

  line(from: Place, to: Place, series: number): void {
    const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
    for (let step = 0; step <= steps; step++) {
      const x = from.x + Math.round(((to.x - from.x) * step) / steps);
      this.#dot(x, from.y + Math.round(((to.y - from.y) * step) / steps), series);
    }
  }

  /** Puts a shape on the curve of a series every so many columns, where it is in a single cell: a shape hides none of its peaks. */
  shape(text: string, series: number, start: number, every: number): void {
    for (let from = start; from < this.width; from += every) {
      for (let column = from; column < Math.min(from + every / 2, this.width); column++) {
        const [cell, another] = this.#cellsOf(series, column);
        if (cell !== undefined && another === undefined) {
          this.#shapes.set(cell, text);
          break;
        }
      }
    }
  }

  /**
   * Returns the cells of a row from the top.
   * @param glyph what replaces the dots of a series, on a terminal without braille
   */
  row(row: number, glyph?: (series: number) => string): (Cell | undefined)[] {
    return Array.from({ length: this.width }, (_, column) => {
      const cell = row * this.width + column;
      const [dots = 0, series = -1] = [this.#dots[cell], this.#series[cell]];
      const text = this.#shapes.get(cell) ?? glyph?.(series) ?? String.fromCharCode(BRAILLE + dots);
      return dots === 0 ? undefined : { text, series };
    });
  }

  #dot(x: number, y: number, series: number): void {
    const cell = (this.height - 1 - Math.floor(y / DOTS_DOWN)) * this.width + Math.floor(x / DOTS_ACROSS);
    const bit = DOTS[DOTS_DOWN - 1 - (y % DOTS_DOWN)]?.[x % DOTS_ACROSS] ?? 0;
    this.#dots[cell] = (this.#dots[cell] ?? 0) | bit;
    this.#series[cell] = series;
  }

  #cellsOf(series: number, column: number): number[] {
    const cells = Array.from({ length: this.height }, (_, row) => row * this.width + column);
    return cells.filter((cell) => this.#series[cell] === series);
  }
}
