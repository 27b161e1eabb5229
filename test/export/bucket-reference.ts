const MONDAY = Date.UTC(2000, 0, 3) / 1000;
const clocks = new Map<string, (time: number) => number>();

/** What the clocks of a zone show, as if it were UTC; times are in seconds since 1970. */
export function clockOf(zone: string): (time: number) => number {
  const clock = clocks.get(zone) ?? newClock(zone);
  clocks.set(zone, clock);
  return clock;
}

function newClock(zone: string): (time: number) => number {
  const shown = new Map<number, number>();
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const known = shown.get(time);
    if (known !== undefined) {
      return known;
    }
    const parts = new Map(format.formatToParts(time * 1000).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [
      ...['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) => parts.get(type as 'year')),
    ];
    const local = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
    shown.set(time, local);
    return local;
  };
}

/** Returns the starts of all buckets from the one that has `from` on, by looking at the clock in every minute. */
export function bucketStarts(zone: string, width: number, from: number, to: number): number[] {
  const clock = clockOf(zone);
  const starts: number[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  const first = Math.floor(from / 60) * 60 - width - 86_400;
  let before = clock(first - 60);
  for (let time = first; time <= to; time += 60) {
    const shown = clock(time);
    const multiple = MONDAY + Math.floor((shown - MONDAY) / width) * width;
    const putBack = before + 60 - shown;
    if (multiple > newest || (putBack > 0 && putBack >= width)) {
      starts.push(time);
      newest = multiple;
    }
    before = shown;
  }
  return starts.slice(
    Math.max(
      0,
      starts.findLastIndex((start) => start <= from),
    ),
  );
}

/** Returns the start of the bucket that has a time. */
export function startIn(starts: readonly number[], time: number): number {
  return starts.findLast((start) => start <= time) ?? Number.NaN;
}

export interface Reading {
  event: string;
  /** In seconds since 1970. */
  time: number;
  value: number;
}

export const FIGURES = ['mean', 'min', 'max', 'first', 'last', 'count', 'stddev', 'median'] as const;
type Figures = Record<(typeof FIGURES)[number], number | undefined>;

export interface BucketRow {
  start: number;
  event: string;
  figures: Partial<Figures>;
}

export interface ReferenceOptions {
  zone: string;
  width: number;
  fill?: 'none' | 'null' | 'previous' | 'linear';
  minCount?: number;
}

/** Returns the expected rows, by start and name. @param readings in order of time */
export function bucketRows(readings: readonly Reading[], options: ReferenceOptions): BucketRow[] {
  const { zone, width, fill = 'none', minCount = 1 } = options;
  const times = readings.map(({ time }) => time);
  const starts = bucketStarts(zone, width, Math.min(...times), Math.max(...times));
  const events = [...new Set(readings.map(({ event }) => event))].sort();
  return events
    .flatMap((event) => {
      const own = readings.filter((reading) => reading.event === event);
      const [first = 0, last = 0] = [own[0]?.time, own.at(-1)?.time].map((time) => startIn(starts, time ?? 0));
      const all = starts.filter((start) => first <= start && start <= last);
      const values = new Map(all.map((start) => [start, [] as number[]]));
      for (const { time, value } of own) {
        values.get(startIn(all, time))?.push(...(Number.isNaN(value) ? [] : [value]));
      }
      const known = all.map((start) => {
        const ofBucket = values.get(start) ?? [];
        return ofBucket.length < minCount ? undefined : { start, event, figures: figuresOf(ofBucket) };
      });
      return all.map((start, at) => known[at] ?? filled(known, { start, event, at }, fill));
    })
    .filter((row) => row !== undefined)
    .sort((a, b) => a.start - b.start);
}

function filled(
  known: readonly (BucketRow | undefined)[],
  { start, event, at }: { start: number; event: string; at: number },
  fill: ReferenceOptions['fill'],
): BucketRow | undefined {
  const before = known.findLast((row, place) => row && place < at);
  const after = known.find((row, place) => row && place > at);
  switch (fill) {
    case 'null':
      return { start, event, figures: { count: 0 } };
    case 'previous':
      return { start, event, figures: { ...before?.figures, count: 0 } };
    case 'linear': {
      const figures: Partial<Figures> = { count: 0 };
      for (const name of FIGURES.filter((each) => each !== 'count')) {
        const [from = Number.NaN, to = Number.NaN] = [before?.figures[name], after?.figures[name]];
        // There is no line from or to infinity.
        if (before && after && Number.isFinite(from) && Number.isFinite(to)) {
          figures[name] = from + ((to - from) * (start - before.start)) / (after.start - before.start);
        }
      }
      return { start, event, figures };
    }
    default:
      return undefined;
  }
}

/** @param values in order, without NaN */
function figuresOf(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const [low = 0, high = 0] = [(sorted.length - 1) / 2, sorted.length / 2].map((at) => sorted[Math.floor(at)]);
  return {
    mean,
    min: sorted[0],
    max: sorted.at(-1),
    first: values[0],
    last: values.at(-1),
    count: values.length,
    stddev: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : undefined,
    median: low === high ? low : (low + high) / 2,
  };
}
