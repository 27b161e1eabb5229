import type { RecordEncoder } from '../form.ts';
import { HeldCells } from './held-cells.ts';

const TAB = 0x09;
/** The longest that PostgreSQL prints is, with an offset, as long as `294276-12-31 23:59:59.999999+15:59:59`. */
const TIME_BYTES = 40;

/** A record of a time and of numbers, which are set one by one in any order. Its memory is fixed. */
export class HeldRecord extends HeldCells {
  readonly #columns: number;
  readonly #time = Buffer.alloc(TIME_BYTES);
  #timeLength = 0;

  /** @param columns the number of cells besides the time */
  constructor(columns: number) {
    super(columns);
    this.#columns = columns;
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

  /** Writes the record, and empties its cells. */
  write(encoder: RecordEncoder, datapoints: number): void {
    encoder.begin(this.#timeLength + this.size(0, this.#columns));
    encoder.time(this.#time, 0, this.#timeLength);
    this.writeCells(encoder, 0, this.#columns);
    encoder.end(datapoints);
    this.clear();
  }
}
