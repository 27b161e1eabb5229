import type { PackedCurve } from '../codec.ts';

/** Points with the least and the greatest value at each; `width` is that of a bucket, 0 where each is one datapoint. */
export type Curve = Pick<PackedCurve, 'times' | 'low' | 'high'> & { width: number };

const NOTHING = new Float32Array();
export const NO_POINTS: Curve = { times: new Float64Array(), low: NOTHING, high: NOTHING, width: 0 };

/** The least and the greatest value of a curve somewhere; none where it has no value. */
export type Reading = { low: number; high: number } | undefined;

export interface Line {
  curve: Curve;
  gaps: readonly [from: number, to: number][];
}

/** Columns of a chart, two places each, for the least and the greatest value; before and after, the points next to it. */
export interface Columns {
  times: number[];
  /** For each line: `undefined` joins what is around it, `null` does not. */
  values: (number | null | undefined)[][];
  /** For each line, how many points there are within the chart. */
  points: number[];
}

/** Merges the points between two times to columns, so that none is higher or lower than what is drawn. */
export function columnsOf(lines: readonly Line[], from: number, to: number, count: number): Columns {
  const width = (to - from) / count;
  const before = edge(lines, (times) => indexOf(times, from) - 1);
  const after = edge(lines, (times) => indexAfter(times, to));
  const times = before.map(({ time }) => time);
  for (let column = 0; column < count; column += 1) {
    // Apart, for a slope is not a stair.
    times.push(from + (column + 0.25) * width, from + (column + 0.75) * width);
  }
  times.push(...after.map(({ time }) => time));
  const points: number[] = [];
  const values = lines.map(({ curve, gaps }, line) => {
    const places: (number | null | undefined)[] = new Array(times.length).fill(undefined);
    for (const [start, points] of [
      [0, before],
      [before.length + 2 * count, after],
    ] as const) {
      points.forEach(({ of, index }, place) => {
        const value = curve.low[index] ?? Number.NaN;
        if (of === line) {
          places[start + place] = Number.isNaN(value) ? null : value;
        }
      });
    }
    const [first, end] = [indexOf(curve.times, from), indexAfter(curve.times, to)];
    points.push(end - first);
    fill(curve, first, end, places, (time) => before.length + 2 * columnAt(time));
    for (const [start, stop] of gaps) {
      const [last, next] = [columnAt(start), columnAt(stop)];
      // A line is left out between the places around those that are null; a bucket may reach into the gap.
      if (stop > from && start < to) {
        for (let place = before.length + 2 * (last + 1); place < before.length + 2 * next; place += 1) {
          places[place] ??= null;
        }
      }
    }
    return places;
  });
  return { times, values, points };

  function columnAt(time: number): number {
    return Math.min(Math.max(Math.floor((time - from) / width), -1), time > to ? count : count - 1);
  }
}

/** For each line that has it, the point next to the chart on one side, in the order of time. */
function edge(lines: readonly Line[], indexIn: (times: Float64Array) => number) {
  return lines
    .map(({ curve }, of) => ({
      of,
      index: indexIn(curve.times),
      time: curve.times[indexIn(curve.times)] ?? Number.NaN,
    }))
    .filter(({ time }) => !Number.isNaN(time))
    .sort((left, right) => left.time - right.time);
}

function fill(
  curve: Curve,
  first: number,
  end: number,
  places: (number | null | undefined)[],
  placeAt: (time: number) => number,
): void {
  let last = 0;
  for (let at = first; at < end; ) {
    const place = placeAt(curve.times[at] ?? 0);
    const start = at;
    while (at < end && placeAt(curve.times[at] ?? 0) === place) {
      at += 1;
    }
    const found = extremesOf(curve, start, at);
    if (!found) {
      places[place] = null;
    } else if (found.low === found.high) {
      places[place] = last = found.low;
    } else {
      // The nearer first, for a line that does not cross itself.
      const { low, high } = found;
      const isRising = Math.abs(last - low) <= Math.abs(last - high);
      [places[place], places[place + 1]] = isRising ? [low, high] : [high, low];
      last = isRising ? high : low;
    }
  }
}

/** Returns the least and the greatest value of the points from one index to another. */
export function extremesOf({ low, high }: Curve, first: number, end: number): Reading {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = first; at < end; at += 1) {
    // Those of NaN are never less or greater.
    least = (low[at] ?? 0) < least ? (low[at] ?? 0) : least;
    greatest = (high[at] ?? 0) > greatest ? (high[at] ?? 0) : greatest;
  }
  return least <= greatest ? { low: least, high: greatest } : undefined;
}

/** What a curve shows at a time: the least and greatest value within half a width on both sides, or the nearest point's. */
export function valueAt({ curve, gaps }: Line, time: number, width: number): Reading {
  const { times, low, high } = curve;
  const reach = Math.max(width, curve.width) / 2;
  const [first, end] = [indexOf(times, time - reach), indexAfter(times, time + reach)];
  if (end > first) {
    return extremesOf(curve, first, end);
  }
  const [before, after] = [times[first - 1], times[first]];
  if (before === undefined || after === undefined || gaps.some(([from, to]) => from < time && time < to)) {
    return undefined;
  }
  const nearest = time - before <= after - time ? first - 1 : first;
  const value = low[nearest] ?? Number.NaN;
  return Number.isNaN(value) ? undefined : { low: value, high: high[nearest] ?? value };
}

/** The index of the first time that is not before this one. */
export function indexOf(times: Float64Array, time: number): number {
  return search(times, (each) => each < time);
}

/** The index of the first time after this one. */
export function indexAfter(times: Float64Array, time: number): number {
  return search(times, (each) => each <= time);
}

function search(times: Float64Array, isBefore: (time: number) => boolean): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    [low, high] = isBefore(times[middle] ?? 0) ? [middle + 1, high] : [low, middle];
  }
  return low;
}
