import type { Timestamp } from './time/timestamp.ts';

/** Counts what an import has read so far. */
export class Tally {
  /** Rows encoded. */
  rows = 0;
  /** Lines rejected. */
  bad = 0;
  /** Bytes of text read. */
  bytes = 0;
  /** Public ids of the events that the rows belong to. */
  readonly events = new Set<string>();
  /** What the user should know about how the file was read. */
  readonly notes = new Set<string>();
  readonly #extremes = new Map<string, Timestamp>();

  /** Passes the pieces on and counts their bytes. */
  async *countBytes(source: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
    for await (const piece of source) {
      this.bytes += piece.length;
      yield piece;
    }
  }

  addRows(timestamp: Timestamp, rows: number): void {
    this.rows += rows;
    const kind = timestamp.zoned ? 'zoned' : 'local';
    const [first, last] = [this.#extremes.get(`first ${kind}`), this.#extremes.get(`last ${kind}`)];
    if (!first || timestamp.microseconds < first.microseconds) {
      this.#extremes.set(`first ${kind}`, timestamp);
    }
    if (!last || timestamp.microseconds > last.microseconds) {
      this.#extremes.set(`last ${kind}`, timestamp);
    }
  }

  /** The candidates for the first and the last timestamp: only the server can compare local times with the others. */
  get extremes(): string[] {
    return [...this.#extremes.values()].map((timestamp) => timestamp.text);
  }
}
