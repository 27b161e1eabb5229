import type { Bucket, BucketList, Gap, SeriesEvent } from './model.ts';
import { RunningFigures } from './running-figures.ts';

export interface FoldPlan {
  event: Pick<SeriesEvent, 'minValue' | 'maxValue'>;
  /** The time of the curve: its start and the width of a bucket, in seconds. */
  from: number;
  width: number;
  columns: number;
  /** A longer time without a datapoint is a gap, in seconds; undefined if none is. */
  threshold: number | undefined;
}

/** The first ones of gaps or stretches, in the order of time, and how many there are. */
export interface Stretches {
  count: number;
  /** In seconds; 0 if there is none. */
  longest: number;
  list: Gap[];
}

/** How many gaps and stretches are kept. */
const KEPT = 1000;
/** PostgreSQL counts from 2000. */
const EPOCH_SECONDS = 946_684_800;
/** The times that can be calculated with, unlike `infinity`: see `FINITE` of an export. */
const [FIRST_TIME, LAST_TIME] = [microsecondsOf('0001-01-01'), microsecondsOf('9999-12-31')];

/** Folds the datapoints of an event, in the order of time: those at the same time in any order. */
export class EventFold {
  readonly figures = new RunningFigures();
  readonly gaps: Stretches = { count: 0, longest: 0, list: [] };
  /** Where a value is outside the range at each time, without a gap; times at which there is only NaN are ignored. */
  readonly outside: Stretches = { count: 0, longest: 0, list: [] };
  outOfRange = 0;
  /** The number of times that are later than the one before. */
  steps = 0;
  readonly #event: FoldPlan['event'];
  readonly #start: number;
  readonly #width: number;
  readonly #threshold: number;
  readonly #columns: number;
  readonly #buckets: Buckets;
  /** The last time, in microseconds, and what is known of the values at it. */
  #time = Number.NaN;
  #isOutside = false;
  #isInside = false;
  #stretch: Gap | undefined;

  constructor({ event, from, width, columns, threshold = Number.POSITIVE_INFINITY }: FoldPlan) {
    this.#event = event;
    this.#start = (from - EPOCH_SECONDS) * 1e6;
    this.#width = width * 1e6;
    this.#threshold = threshold * 1e6;
    this.#columns = columns;
    this.#buckets = new Buckets(columns);
  }

  /** @param time microseconds since 2000; one that is infinite, or like it, is in no gap and in no bucket */
  add(time: number, value: number): void {
    this.figures.add(value);
    const isOutside = value < this.#event.minValue || value > this.#event.maxValue;
    this.outOfRange += isOutside ? 1 : 0;
    if (time < FIRST_TIME || time > LAST_TIME) {
      return;
    }
    const place = Math.min(this.#columns - 1, Math.floor((time - this.#start) / this.#width));
    this.#buckets.add(place, time, value);
    if (time !== this.#time) {
      this.#advance(time);
    }
    this.#isOutside ||= isOutside;
    this.#isInside ||= !isOutside && !Number.isNaN(value);
  }

  end(): void {
    this.#settle();
    this.#endStretch();
  }

  /** The buckets that have a datapoint, in the order of time. */
  get curve(): BucketList {
    return this.#buckets;
  }

  #advance(time: number): void {
    const step = time - this.#time;
    this.#settle();
    // The first time has none before it.
    this.steps += step > 0 ? 1 : 0;
    if (step > this.#threshold) {
      keep(this.gaps, this.#time, time);
      this.#endStretch();
    }
    this.#time = time;
    this.#isOutside = false;
    this.#isInside = false;
  }

  /** Adds the last time to a stretch, or ends it there. */
  #settle(): void {
    if (this.#isOutside) {
      this.#stretch ??= { from: this.#time, to: this.#time };
      this.#stretch.to = this.#time;
    } else if (this.#isInside) {
      this.#endStretch();
    }
  }

  #endStretch(): void {
    if (this.#stretch) {
      keep(this.outside, this.#stretch.from, this.#stretch.to);
      this.#stretch = undefined;
    }
  }
}

function keep(stretches: Stretches, from: number, to: number): void {
  stretches.count += 1;
  stretches.longest = Math.max(stretches.longest, (to - from) / 1e6);
  if (stretches.list.length < KEPT) {
    stretches.list.push({ from: secondsOf(from), to: secondsOf(to) });
  }
}

function microsecondsOf(date: string): number {
  return (Date.parse(`${date}T00:00:00Z`) / 1000 - EPOCH_SECONDS) * 1e6;
}

function secondsOf(time: number): number {
  return (time + EPOCH_SECONDS * 1e6) / 1e6;
}

/** The fields of a bucket. */
const [FIRST, LAST, COUNT, MIN, MAX, MEAN, NAN, INFINITE, FIELDS] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Buckets as plain numbers: as many objects would take three times the memory. */
class Buckets implements Iterable<Bucket> {
  /** The number of those that have a datapoint. */
  length = 0;
  readonly #cells: Float64Array;

  constructor(count: number) {
    this.#cells = new Float64Array(count * FIELDS);
    for (let at = 0; at < this.#cells.length; at += FIELDS) {
      this.#cells[at + FIRST] = Number.POSITIVE_INFINITY;
      this.#cells[at + LAST] = Number.NEGATIVE_INFINITY;
      this.#cells[at + MIN] = Number.POSITIVE_INFINITY;
      this.#cells[at + MAX] = Number.NEGATIVE_INFINITY;
    }
  }

  add(place: number, time: number, value: number): void {
    const at = place * FIELDS;
    this.length += this.#get(at + FIRST) === Number.POSITIVE_INFINITY ? 1 : 0;
    this.#set(at + FIRST, Math.min(this.#get(at + FIRST), time));
    this.#set(at + LAST, Math.max(this.#get(at + LAST), time));
    if (Number.isFinite(value)) {
      const count = this.#get(at + COUNT) + 1;
      const mean = this.#get(at + MEAN);
      this.#set(at + COUNT, count);
      this.#set(at + MIN, Math.min(this.#get(at + MIN), value));
      this.#set(at + MAX, Math.max(this.#get(at + MAX), value));
      // Of two large values, neither the sum nor the difference may be finite.
      this.#set(at + MEAN, mean + (value / count - mean / count));
    } else {
      const field = at + (Number.isNaN(value) ? NAN : INFINITE);
      this.#set(field, this.#get(field) + 1);
    }
  }

  *[Symbol.iterator](): Generator<Bucket> {
    for (let at = 0; at < this.#cells.length; at += FIELDS) {
      const count = this.#get(at + COUNT);
      if (this.#get(at + FIRST) !== Number.POSITIVE_INFINITY) {
        yield {
          first: secondsOf(this.#get(at + FIRST)),
          last: secondsOf(this.#get(at + LAST)),
          count,
          min: count === 0 ? undefined : this.#get(at + MIN),
          max: count === 0 ? undefined : this.#get(at + MAX),
          mean: count === 0 ? undefined : this.#get(at + MEAN),
          nan: this.#get(at + NAN),
          infinite: this.#get(at + INFINITE),
        };
      }
    }
  }

  #get(cell: number): number {
    return this.#cells[cell] ?? Number.NaN;
  }

  #set(cell: number, value: number): void {
    this.#cells[cell] = value;
  }
}
