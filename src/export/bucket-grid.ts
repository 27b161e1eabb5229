import type { Hours } from '../database/hours.ts';
import { offsetPeriods, type TimeZone } from '../text/time-zone.ts';
import type { Slice } from './query.ts';

const HOUR = 3600;
const DAY = 86_400;
/** A Monday. */
const ORIGIN = Date.UTC(2000, 0, 3) / 1000;
/** In a second. */
export const MICROSECONDS = 1_000_000n;

/** Buckets of the same length, one after the other. Times are in seconds since 1970. */
interface Run {
  from: number;
  to: number;
  width: number;
}

/**
 * Buckets of time that start where the clocks of a time zone show a multiple of their length since a Monday's midnight; no bucket
 * overlaps another. Where the clocks are put forward, a bucket is shorter, or is skipped. Where they are put back
 * it is longer: the clocks show its start twice, and the first time counts; but where a whole bucket is repeated, there are two.
 *
 * So a day may have 23 or 25 hours, and an hour that occurs twice is two buckets.
 */
export class BucketGrid {
  readonly #runs: readonly [Run, ...Run[]];
  #current: Run;

  /** @param first and `last`: the time range that has datapoints */
  constructor(zone: TimeZone, width: number, first: number, last: number) {
    // From a bucket before it on, so that it does not matter where the time range starts.
    this.#runs = runsOf(zone, width, first - width - 2 * DAY, last);
    [this.#current] = this.#runs;
  }

  /** Returns the start of the bucket that has a time. */
  startOf(time: number): number {
    const { from, width } = this.#runOf(time);
    return from + Math.floor((time - from) / width) * width;
  }

  /** Returns the start of the bucket after the one that starts then. */
  next(start: number): number {
    return start + this.#runOf(start).width;
  }

  /** Moves a cut, in microseconds, to the start of its bucket. */
  cut(at: bigint): bigint {
    return BigInt(this.startOf(secondsOf(at))) * MICROSECONDS;
  }

  /** Returns SQL for the start of the bucket of `d.timestamp` in a slice. */
  sql({ from, to }: Slice): string {
    const start = from === undefined ? Number.NEGATIVE_INFINITY : secondsOf(from);
    const end = to === undefined ? Number.POSITIVE_INFINITY : secondsOf(to) + 1;
    const runs = this.#runs.filter((run) => run.from < end && run.to > start);
    const cases = runs.map((run) => ({
      until: `when d.timestamp < to_timestamp(${run.to}) then`,
      bucket: `date_bin('${run.width} s', d.timestamp, to_timestamp(${run.from}))`,
    }));
    const last = cases.pop()?.bucket ?? 'd.timestamp';
    return cases.length === 0
      ? last
      : `case ${cases.map(({ until, bucket }) => `${until} ${bucket}`).join(' ')} else ${last} end`;
  }

  /** Returns the ranges of whole buckets in a range of hours, of those that start and end with an hour in UTC. */
  ofHours({ from, to }: Hours): Hours[] {
    return this.#runs
      .filter((run) => run.from % HOUR === 0 && run.width % HOUR === 0)
      .map((run) => {
        const whole = (time: number, round: (buckets: number) => number) =>
          BigInt(run.from + round((time - run.from) / run.width) * run.width) * MICROSECONDS;
        const start = Math.max(run.from, secondsOf(from + MICROSECONDS - 1n));
        const end = Math.min(run.to, secondsOf(to));
        return { from: whole(start, Math.ceil), to: whole(Math.max(start, end), Math.floor) };
      })
      .filter((range) => range.from < range.to);
  }

  #runOf(time: number): Run {
    if (time < this.#current.from || time >= this.#current.to) {
      this.#current = this.#runs.findLast((run) => run.from <= time) ?? this.#runs[0];
    }
    return this.#current;
  }
}

/** Returns the second that has a time in microseconds. */
export function secondsOf(microseconds: bigint): number {
  const beyond = ((microseconds % MICROSECONDS) + MICROSECONDS) % MICROSECONDS;
  return Number((microseconds - beyond) / MICROSECONDS);
}

function runsOf(zone: TimeZone, width: number, first: number, last: number): [Run, ...Run[]] {
  const labelOf = (local: number) => ORIGIN + Math.floor((local - ORIGIN) / width) * width;
  const periods = offsetPeriods(zone, first, last);
  const runs: Run[] = [];
  // Of the bucket that has not ended yet: what the clocks show at its start, or would, and when it starts.
  let label = labelOf(first + periods[0].offset);
  let start = label - periods[0].offset;
  for (const [at, { offset }] of periods.entries()) {
    const change = periods[at + 1];
    const to = change?.from ?? Number.POSITIVE_INFINITY;
    const end = label + width - offset;
    if (end < to) {
      append(runs, { from: start, to: end, width: end - start });
      start = change ? end + Math.floor((to - 1 - end) / width) * width : to;
      append(runs, { from: end, to: start, width });
      label = start + offset;
    }
    if (change) {
      const next = labelOf(to + change.offset);
      const isRepeated = offset - change.offset >= width;
      if (next > label || isRepeated) {
        append(runs, { from: start, to, width: to - start });
        [start, label] = [to, next];
      }
    }
  }
  const [run, ...rest] = runs;
  if (run === undefined) {
    throw new Error('The last period has no end');
  }
  return [run, ...rest];
}

/** Makes one run of two where the second one goes on as the first. */
function append(runs: Run[], run: Run): void {
  const before = runs.at(-1);
  if (before?.width === run.width) {
    before.to = run.to;
  } else if (run.to > run.from) {
    runs.push(run);
  }
}
