import type { RecordEncoder } from '../form.ts';

/** The longest number that PostgreSQL prints is as long as `-1.2345678901234567e-100`. */
const CELL_BYTES = 24;

/** Numbers, as PostgreSQL prints them, which are set one by one in any order. Their memory is fixed. */
export class HeldCells {
  /** How much memory a cell takes. */
  static readonly bytesPerCell = CELL_BYTES + 1;
  readonly #cells: Buffer;
  /** How long each cell is; 0 if it is empty. */
  readonly #lengths: Uint8Array;

  constructor(columns: number) {
    this.#cells = Buffer.allocUnsafeSlow(columns * CELL_BYTES);
    this.#lengths = new Uint8Array(columns);
  }

  has(column: number): boolean {
    return this.#lengths[column] !== 0;
  }

  set(column: number, bytes: Buffer, start: number, end: number): void {
    const cells = this.#cells;
    let to = column * CELL_BYTES;
    for (let from = start; from < end; from++) {
      cells[to++] = bytes[from] ?? 0;
    }
    this.#lengths[column] = end - start;
  }

  setText(column: number, text: string): void {
    this.#lengths[column] = this.#cells.write(text, column * CELL_BYTES, 'latin1');
  }

  number(column: number): number {
    const start = column * CELL_BYTES;
    return Number(this.#cells.toString('latin1', start, start + (this.#lengths[column] ?? 0)));
  }

  /** Sets a cell to the one of others. */
  copy(column: number, others: HeldCells): void {
    const start = column * CELL_BYTES;
    this.set(column, others.#cells, start, start + (others.#lengths[column] ?? 0));
  }

  /** Empties all cells. */
  clear(): void {
    this.#lengths.fill(0);
  }

  /** The length of the cells of a range together. */
  size(from: number, to: number): number {
    const lengths = this.#lengths;
    let size = 0;
    for (let column = from; column < to; column++) {
      size += lengths[column] ?? 0;
    }
    return size;
  }

  /** Writes the cells of a range into a record: numbers, but for counts. */
  writeCells(encoder: RecordEncoder, from: number, to: number, isCount = (_column: number) => false): void {
    const lengths = this.#lengths;
    for (let column = from, start = from * CELL_BYTES; column < to; column++, start += CELL_BYTES) {
      const length = lengths[column] ?? 0;
      if (length === 0) {
        encoder.empty();
      } else if (isCount(column)) {
        encoder.count(this.#cells, start, start + length);
      } else {
        encoder.number(this.#cells, start, start + length);
      }
    }
  }
}
