import type { Pool } from 'pg';
import { type Snapshot, withSnapshot } from '../database/snapshot.ts';
import type { ExportRequest } from '../export/request.ts';
import { EventFold } from './event-fold.ts';
import { foldDatapoints } from './fold.ts';
import { INTERVALS_PER_GAP } from './gaps.ts';
import { type Interval, sampledIntervals } from './intervals.ts';
import type { BucketList, Gap, SeriesEvent } from './model.ts';
import { type EventSpan, spansOf } from './spans.ts';

/** What an event's datapoints are like. Figures are of the finite values, and null if there is none. */
export interface EventSummary {
  event: SeriesEvent;
  count: number;
  nan: number;
  infinite: number;
  /** As `isoTimestamp` returns them; null without a datapoint. */
  first: string | null;
  last: string | null;
  min: number | null;
  /** Null also if the values are too large to be summed. */
  mean: number | null;
  max: number | null;
  stddev: number | null;
  /** How many values are outside the event's range, and the first 1,000 of the times in which all are. */
  outOfRange: { count: number; stretches: Gap[] };
  /** The median of the times between two datapoints, of all or of a sample of them; null if all are at the same time. */
  interval: { seconds: number; sampled: boolean } | null;
  /** The times without datapoints, longer than the threshold in seconds; the first 1,000 are listed. */
  gaps: { count: number; longest: number; threshold: number | null; list: Gap[] };
  /** Over the time of the summary. */
  curve: BucketList;
}

export interface Summary {
  count: number;
  /** The first and the last finite time, in seconds since 1970; both 0 without one. */
  from: number;
  to: number;
  /** Of the buckets of all curves: number `n` starts at `from + n * width`, and ends before the next one does, or at `to`. */
  width: number;
  /** Sorted by name: those that were asked for, or those that have datapoints. */
  events: EventSummary[];
}

export interface SummaryOptions {
  /** How long the time without a datapoint is of which more is a gap; by default, five sampling intervals of the event. */
  gapSeconds?: number | undefined;
  /** How many buckets a curve has, at most; default 60. */
  columns?: number;
  /** How many datapoints are read at once, about; default 100,000. */
  rowsPerSlice?: number;
  /** Called while the datapoints are read, with how many have been and about how many there are. */
  onProgress?: (progress: { rows: number; totalRows: number }) => void;
  signal: AbortSignal;
}

/**
 * Summarises the selected datapoints of each event, as of one moment and in constant memory.
 * @throws NotFoundError for an unknown event
 */
export async function summarise(pool: Pool, request: ExportRequest, options: SummaryOptions): Promise<Summary> {
  return await withSnapshot(pool, options.signal, async (snapshot) => await summariseIn(snapshot, request, options));
}

/**
 * Summarises in a snapshot: finds by index in which time each event has datapoints, and samples the intervals there, for they decide
 * what is a gap; and then reads all datapoints once.
 */
export async function summariseIn(
  snapshot: Snapshot,
  request: ExportRequest,
  { gapSeconds, columns = 60, onProgress = () => {}, rowsPerSlice, signal }: SummaryOptions,
): Promise<Summary> {
  const { spans, rows: expected } = await spansOf(snapshot.leader, request);
  const finite = spans.flatMap(({ event: { publicId }, from, to }) =>
    from === null || to === null ? [] : [{ publicId, from, to }],
  );
  const intervals = await sampledIntervals(snapshot.leader, request, finite);
  const from = finite.reduce((least, span) => Math.min(least, span.from), finite[0]?.from ?? 0);
  const to = finite.reduce((most, span) => Math.max(most, span.to), from);
  const width = (to - from) / columns || 1;
  const looks = spans.map((span): Look => {
    const interval = intervals.get(span.event.publicId);
    const threshold = gapSeconds ?? (interval && interval.seconds * INTERVALS_PER_GAP);
    return { span, interval, threshold, fold: new EventFold({ event: span.event, from, width, columns, threshold }) };
  });
  let count = 0;
  const onRows = (rows: number) => {
    count += rows;
    onProgress({ rows: count, totalRows: Math.max(count, expected) });
  };
  const folds = new Map(looks.map(({ span, fold }) => [span.event.publicId, fold]));
  const read = { selection: request, rows: expected, rowsPerSlice, from, to, signal, onRows };
  await foldDatapoints(snapshot, read, folds);
  return { count, from, to, width, events: looks.map(summaryOf) };
}

/** An event while it is looked at. */
interface Look {
  span: EventSpan;
  interval: Interval | undefined;
  threshold: number | undefined;
  fold: EventFold;
}

function summaryOf({ span: { event, first, last }, interval, threshold, fold }: Look): EventSummary {
  const { count, nan, infinite, result } = fold.figures;
  return {
    ...{ event, count, nan, infinite, first, last, ...result },
    outOfRange: { count: fold.outOfRange, stretches: fold.outside.list },
    interval: interval ? { seconds: interval.seconds, sampled: interval.samples < fold.steps } : null,
    gaps: { ...fold.gaps, threshold: threshold ?? null },
    curve: fold.curve,
  };
}
