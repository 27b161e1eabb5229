import type { Rejection } from './bad-lines.ts';
import type { Timestamp } from './time/timestamp.ts';
import { noTimestamps } from './time/timestamp-counts.ts';

/** Counts what an import has read so far. */
export class Tally {
  /** Rows encoded. */
  rows = 0;
  /** Lines rejected. */
  bad = 0;
  /** Bytes of text read. */
  bytes = 0;
  /** Values that are missing; without the empty cells of a wide file. */
  missing = 0;
  /** Why values were rejected. */
  rejections: readonly Rejection[] = [];
  /** Public ids of the events that the rows belong to. */
  readonly events = new Set<string>();
  /** What the user should know about how the file was read. */
  readonly notes = new Set<string>();
  readonly timestamps = noTimestamps();
  #first: Timestamp | undefined;
  #last: Timestamp | undefined;

  /** Passes the pieces on and counts their bytes. */
  async *countBytes(source: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
    for await (const piece of source) {
      this.bytes += piece.length;
      yield piece;
    }
  }

  addRows({ timestamp, rows }: { timestamp?: Timestamp; rows: number }): void {
    this.rows += rows;
    if (timestamp && rows > 0) {
      if (!this.#first || timestamp.microseconds < this.#first.microseconds) {
        this.#first = timestamp;
      }
      if (!this.#last || timestamp.microseconds > this.#last.microseconds) {
        this.#last = timestamp;
      }
    }
  }

  /** The first and the last timestamp, as they were written; none without rows. */
  get extremes(): string[] {
    return [this.#first, this.#last].flatMap((timestamp) => timestamp?.text ?? []);
  }
}
