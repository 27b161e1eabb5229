import type { RecordEncoder } from '../form.ts';

const TAB = 0x09;
/** The longest that PostgreSQL prints are `-1.2345678901234567e-100` and, with an offset, `294276-12-31 23:59:59.999999+15:59:59`. */
const CELL_BYTES = 24;
const TIME_BYTES = 40;

/** A record of a time and of numbers, which are set one by one in any order. Its memory is fixed. */
export class HeldRecord {
  readonly #cells: Buffer;
  /** How long each cell is; 0 if it is empty. */
  readonly #lengths: Uint8Array;
  readonly #time = Buffer.alloc(TIME_BYTES);
  #timeLength = 0;

  /** @param columns the number of cells besides the time */
  constructor(columns: number) {
    this.#cells = Buffer.allocUnsafeSlow(columns * CELL_BYTES);
    this.#lengths = new Uint8Array(columns);
  }

  /** Whether the first field of a row is the time of the record. */
  isAt(bytes: Buffer, start: number): boolean {
    const time = this.#time;
    let at = this.#timeLength;
    if (bytes[start + at] !== TAB) {
      return false;
    }
    // Different times mostly differ at the end.
    while (at > 0 && bytes[start + at - 1] === time[at - 1]) {
      at--;
    }
    return at === 0;
  }

  /** Sets the time to the first field of a row. */
  startAt(bytes: Buffer, start: number): void {
    let length = 0;
    for (; bytes[start + length] !== TAB; length++) {
      this.#time[length] = bytes[start + length] ?? 0;
    }
    this.#timeLength = length;
  }

  get time(): string {
    return this.#time.toString('latin1', 0, this.#timeLength);
  }

  get timeLength(): number {
    return this.#timeLength;
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

  number(column: number): number {
    const start = column * CELL_BYTES;
    return Number(this.#cells.toString('latin1', start, start + (this.#lengths[column] ?? 0)));
  }

  setText(column: number, text: string): void {
    this.#lengths[column] = this.#cells.write(text, column * CELL_BYTES, 'latin1');
  }

  /** Writes the record, and empties its cells. */
  write(encoder: RecordEncoder, datapoints: number): void {
    const lengths = this.#lengths;
    let size = this.#timeLength;
    for (let column = 0; column < lengths.length; column++) {
      size += lengths[column] ?? 0;
    }
    encoder.begin(size);
    encoder.time(this.#time, 0, this.#timeLength);
    for (let column = 0, start = 0; column < lengths.length; column++, start += CELL_BYTES) {
      const length = lengths[column] ?? 0;
      if (length === 0) {
        encoder.empty();
      } else {
        encoder.number(this.#cells, start, start + length);
      }
    }
    encoder.end(datapoints);
    lengths.fill(0);
  }
}
