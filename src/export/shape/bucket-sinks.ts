import type { BucketGrid } from '../bucket-grid.ts';
import type { RecordEncoder } from '../form.ts';
import type { Bucket, WriteBucket } from './bucket.ts';
import type { BucketSink } from './bucket-rows.ts';
import type { BucketRange, Filling } from './filling.ts';

/** Writes only buckets with values. */
export function writtenBuckets(bucket: Bucket, write: WriteBucket, encoder: RecordEncoder): BucketSink {
  return {
    take: () => bucket,
    add() {
      if (bucket.hasRow.includes(1)) {
        write(bucket);
      }
      bucket.clear();
    },
    room: () => encoder.room(),
    end: () => undefined,
  };
}

export interface FilledBucketsOptions {
  grid: BucketGrid;
  filling: Filling;
  /** Those that are not complete yet, by their positions. */
  held: Map<number, Bucket>;
  range: BucketRange;
  create(): Bucket;
  write: WriteBucket;
  encoder: RecordEncoder;
}

/** Writes all buckets of a range, once what is missing in them is filled. Buckets must be added in order, waiting for room after each. */
export class FilledBuckets implements BucketSink {
  readonly #options: FilledBucketsOptions;
  readonly #free: Bucket[] = [];
  /** The start of the next bucket. */
  #next: number;
  /** Its position. */
  #position = 0;
  #written = 0;
  #added: Bucket | undefined;

  constructor(options: FilledBucketsOptions) {
    this.#options = options;
    this.#next = options.range.first;
  }

  take(): Bucket {
    return this.#free.pop() ?? this.#options.create();
  }

  add(bucket: Bucket): void {
    this.#added = bucket;
  }

  room(): Promise<void> | undefined {
    return this.#added ? this.#take(this.#added) : this.#options.encoder.room();
  }

  async end(): Promise<void> {
    await this.room();
    await this.#addMissing(this.#options.range.last + 1);
    await this.#writeUntil(this.#position);
  }

  async #take(bucket: Bucket): Promise<void> {
    this.#added = undefined;
    await this.#addMissing(bucket.start);
    await this.#append(bucket);
  }

  /** Adds the buckets without values that start before then. */
  async #addMissing(end: number): Promise<void> {
    while (this.#next < end) {
      const bucket = this.take();
      bucket.start = this.#next;
      await this.#append(bucket);
    }
  }

  async #append(bucket: Bucket): Promise<void> {
    this.#next = this.#options.grid.next(bucket.start);
    this.#options.held.set(this.#position, bucket);
    await this.#writeUntil(this.#options.filling.add(bucket, this.#position++));
  }

  async #writeUntil(position: number): Promise<void> {
    for (; this.#written < position; this.#written++) {
      const bucket = this.#options.held.get(this.#written);
      if (bucket) {
        this.#options.write(bucket);
        this.#options.held.delete(this.#written);
        bucket.clear();
        this.#free.push(bucket);
      }
      // Awaiting nothing for each bucket would take longer than writing it.
      const room = this.#options.encoder.room();
      if (room) {
        await room;
      }
    }
  }
}
