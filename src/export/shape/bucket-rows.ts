import { fieldEnd } from '../../database/copy-escape.ts';
import type { EventIndex } from '../event-index.ts';
import type { Changes, RecordRows } from '../form.ts';
import type { Bucket } from './bucket.ts';

const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Takes buckets one after the other. */
export interface BucketSink {
  /** Returns an empty bucket. */
  take(): Bucket;
  add(bucket: Bucket): void;
  room(): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

export interface BucketRowsOptions {
  index: EventIndex;
  aggregates: number;
  /** The number of values that a bucket of an event needs. */
  minCount: number;
  changes: Changes;
}

/** Collects the rows of a bucket, which follow each other: its start, an event, all datapoints and those with a value, and the aggregates. */
export class BucketRows implements RecordRows {
  readonly #options: BucketRowsOptions;
  readonly #sink: BucketSink;
  #bucket: Bucket | undefined;

  constructor(options: BucketRowsOptions, sink: BucketSink) {
    this.#options = options;
    this.#sink = sink;
  }

  room(): Promise<void> | undefined {
    return this.#sink.room();
  }

  row(bytes: Buffer, start: number, end: number): void {
    const { index, aggregates, minCount, changes } = this.#options;
    const event = fieldEnd(bytes, start) + 1;
    const all = fieldEnd(bytes, event) + 1;
    const values = fieldEnd(bytes, all) + 1;
    const firstCell = fieldEnd(bytes, values) + 1;
    const datapoints = wholeNumber(bytes, all, values - 1);
    const count = wholeNumber(bytes, values, firstCell - 1);
    const bucket = this.#at(wholeNumber(bytes, start, event - 1));
    changes.nanValues += datapoints - count;
    if (count < minCount) {
      changes.sparseBuckets += count > 0 ? 1 : 0;
      return;
    }
    const place = index.find(bytes, event, all - 1);
    bucket.hasRow[place] = 1;
    bucket.datapoints[place] = datapoints;
    for (let aggregate = 0, from = firstCell; aggregate < aggregates; aggregate++) {
      const to = aggregate === aggregates - 1 ? end - 1 : fieldEnd(bytes, from);
      if (bytes[from] !== BACKSLASH) {
        bucket.cells.set(place * aggregates + aggregate, bytes, from, to);
      }
      from = to + 1;
    }
  }

  end(): Promise<void> | undefined {
    if (this.#bucket) {
      this.#sink.add(this.#bucket);
    }
    return this.#sink.end();
  }

  #at(start: number): Bucket {
    if (this.#bucket?.start === start) {
      return this.#bucket;
    }
    if (this.#bucket) {
      this.#sink.add(this.#bucket);
    }
    this.#bucket = this.#sink.take();
    this.#bucket.start = start;
    return this.#bucket;
  }
}

function wholeNumber(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let number = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at++) {
    number = number * 10 + (bytes[at] ?? 0) - ZERO;
  }
  return isNegative ? -number : number;
}
