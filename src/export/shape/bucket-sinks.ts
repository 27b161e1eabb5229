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

/** Writes all buckets of a range, once what is missing in them is filled. Buckets must be added in order, waiting for room after each. */
export class FilledBuckets implements BucketSink {
  readonly #encoder: RecordEncoder;
  readonly #write: WriteBucket;
  readonly #create: () => Bucket;
  readonly #grid: BucketGrid;
  readonly #filling: Filling;
  /** Those that are not complete yet, by their positions. */
  readonly #held: Map<number, Bucket>;
  readonly #free: Bucket[] = [];
  readonly #last: number;
  /** The start of the next bucket. */
  #next: number;
  /** Its position. */
  #position = 0;
  #written = 0;
  #added: Bucket | undefined;

  constructor(
    options: {
      grid: BucketGrid;
      filling: Filling;
      held: Map<number, Bucket>;
      create: () => Bucket;
      range: BucketRange;
    },
    write: WriteBucket,
    encoder: RecordEncoder,
  ) {
    this.#encoder = encoder;
    this.#write = write;
    this.#create = options.create;
    this.#grid = options.grid;
    this.#filling = options.filling;
    this.#held = options.held;
    this.#next = options.range.first;
    this.#last = options.range.last;
  }

  take(): Bucket {
    return this.#free.pop() ?? this.#create();
  }

  add(bucket: Bucket): void {
    this.#added = bucket;
  }

  room(): Promise<void> | undefined {
    return this.#added ? this.#take(this.#added) : this.#encoder.room();
  }

  async end(): Promise<void> {
    await this.room();
    await this.#addMissing(this.#last + 1);
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
    this.#next = this.#grid.next(bucket.start);
    this.#held.set(this.#position, bucket);
    await this.#writeUntil(this.#filling.add(bucket, this.#position++));
  }

  async #writeUntil(position: number): Promise<void> {
    for (; this.#written < position; this.#written++) {
      const bucket = this.#held.get(this.#written);
      if (bucket) {
        this.#write(bucket);
        this.#held.delete(this.#written);
        bucket.clear();
        this.#free.push(bucket);
      }
      // Awaiting nothing for each bucket would take longer than writing it.
      const room = this.#encoder.room();
      if (room) {
        await room;
      }
    }
  }
}
