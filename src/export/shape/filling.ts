import { doubleText } from '../../database/double-text.ts';
import type { Aggregate } from './aggregates.ts';
import type { Bucket } from './bucket.ts';
import { HeldCells } from './held-cells.ts';

/** What replaces a missing bucket between the first and the last one of an event. */
export const FILLS = ['none', 'null', 'previous', 'linear'] as const;
export type Fill = (typeof FILLS)[number];
export type FilledBy = Exclude<Fill, 'none'>;

/** The first and the last bucket of an event, by their starts. */
export interface BucketRange {
  first: number;
  last: number;
}

/** Replaces what is missing in consecutive buckets: by nothing but a count of 0. */
export class Filling {
  protected readonly aggregates: readonly Aggregate[];
  readonly #ranges: readonly (BucketRange | undefined)[];

  /** @param ranges of each event; `undefined` for one without datapoints */
  constructor(ranges: readonly (BucketRange | undefined)[], aggregates: readonly Aggregate[]) {
    this.#ranges = ranges;
    this.aggregates = aggregates;
  }

  /**
   * Adds the bucket of a position, counted from 0.
   * @returns the position of the first bucket that is not complete yet
   */
  add(bucket: Bucket, position: number): number {
    for (const [event, range] of this.#ranges.entries()) {
      if (bucket.hasRow[event] === 1) {
        this.onValues(bucket, event, position);
      } else if (range && range.first <= bucket.start && bucket.start <= range.last) {
        bucket.hasRow[event] = 1;
        this.onMissing(bucket, event, position);
      }
    }
    return position + 1;
  }

  protected onValues(_bucket: Bucket, _event: number, _position: number): void {}

  protected onMissing(bucket: Bucket, event: number, _position: number): void {
    this.eachColumn(event, (column, aggregate) => aggregate === 'count' && bucket.cells.setText(column, '0'));
  }

  protected eachColumn(event: number, work: (column: number, aggregate: Aggregate) => void): void {
    const first = event * this.aggregates.length;
    for (const [at, aggregate] of this.aggregates.entries()) {
      work(first + at, aggregate);
    }
  }
}

/** By what was there before. */
export class PreviousFilling extends Filling {
  readonly #known: HeldCells;

  constructor(ranges: readonly (BucketRange | undefined)[], aggregates: readonly Aggregate[]) {
    super(ranges, aggregates);
    this.#known = new HeldCells(ranges.length * aggregates.length);
  }

  protected override onValues(bucket: Bucket, event: number): void {
    this.eachColumn(event, (column) => this.#known.copy(column, bucket.cells));
  }

  protected override onMissing(bucket: Bucket, event: number, position: number): void {
    this.eachColumn(event, (column) => bucket.cells.copy(column, this.#known));
    super.onMissing(bucket, event, position);
  }
}

const NONE = Number.POSITIVE_INFINITY;

export interface HeldBuckets {
  /** Those that are not complete yet, by their positions. */
  held: ReadonlyMap<number, Bucket>;
  /** How many may wait for the end of a gap. */
  maxHeld: number;
  /** Called if the end of a gap is too far away to wait for it; the gap stays empty. */
  onLongGap: () => void;
  /** Called for a cell that stays empty, since there is no line from or to infinity. */
  onNoLine: () => void;
}

/** By what is on a straight line between the buckets before and after a gap. */
export class LinearFilling extends Filling {
  readonly #buckets: HeldBuckets;
  readonly #known: HeldCells;
  /** The start of the last bucket with values of each event; NaN before the first one, and in a gap that is too long. */
  readonly #knownAt: Float64Array;
  /** The position of the first bucket that waits for values of each event. */
  readonly #waiting: Float64Array;

  constructor(ranges: readonly (BucketRange | undefined)[], aggregates: readonly Aggregate[], buckets: HeldBuckets) {
    super(ranges, aggregates);
    this.#buckets = buckets;
    this.#known = new HeldCells(ranges.length * aggregates.length);
    this.#knownAt = new Float64Array(ranges.length).fill(Number.NaN);
    this.#waiting = new Float64Array(ranges.length).fill(NONE);
  }

  override add(bucket: Bucket, position: number): number {
    super.add(bucket, position);
    const oldest = this.#oldest(position);
    if (position - oldest < this.#buckets.maxHeld) {
      return oldest;
    }
    for (const [event, since] of this.#waiting.entries()) {
      if (since === oldest) {
        this.#waiting[event] = NONE;
        this.#knownAt[event] = Number.NaN;
        this.#buckets.onLongGap();
      }
    }
    return this.#oldest(position);
  }

  protected override onValues(bucket: Bucket, event: number, position: number): void {
    for (let at = this.#waiting[event] ?? NONE; at < position; at++) {
      this.#interpolate(this.#buckets.held.get(at), event, bucket);
    }
    this.#waiting[event] = NONE;
    this.#knownAt[event] = bucket.start;
    this.eachColumn(event, (column) => this.#known.copy(column, bucket.cells));
  }

  protected override onMissing(bucket: Bucket, event: number, position: number): void {
    super.onMissing(bucket, event, position);
    if (this.#waiting[event] === NONE && !Number.isNaN(this.#knownAt[event])) {
      this.#waiting[event] = position;
    }
  }

  #oldest(position: number): number {
    return this.#waiting.reduce((oldest, since) => Math.min(oldest, since), position + 1);
  }

  #interpolate(bucket: Bucket | undefined, event: number, after: Bucket): void {
    const before = this.#knownAt[event] ?? Number.NaN;
    this.eachColumn(event, (column, aggregate) => {
      if (bucket && aggregate !== 'count' && this.#known.has(column) && after.cells.has(column)) {
        const [from, to] = [this.#known.number(column), after.cells.number(column)];
        if (Number.isFinite(from) && Number.isFinite(to)) {
          const part = (bucket.start - before) / (after.start - before);
          bucket.cells.setText(column, doubleText(between(from, to, part)));
        } else {
          this.#buckets.onNoLine();
        }
      }
    });
  }
}

function between(from: number, to: number, part: number): number {
  const difference = to - from;
  // Of large numbers it is infinite.
  return Number.isFinite(difference) ? from + difference * part : from * (1 - part) + to * part;
}
