import type { ClientBase, Pool } from 'pg';
import { type Snapshot, withSnapshot } from '../database/snapshot.ts';
import { FINITE } from '../export/extent.ts';
import { selection } from '../export/query.ts';
import { type EventRow, type ExportRequest, eventsOf } from '../export/request.ts';
import { EventFold, type FoldPlan } from './event-fold.ts';
import { type Figures, figuresOf } from './figures.ts';
import { foldDatapoints } from './fold.ts';
import { INTERVALS_PER_GAP } from './gaps.ts';
import { type Interval, type Span, sampledIntervals } from './intervals.ts';
import type { BucketList, Gap, SeriesEvent } from './model.ts';

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
  /** The number of datapoints. */
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
  /** How many datapoints are read at once, about; default 25,000. */
  rowsPerSlice?: number;
  /** Called while the datapoints are read, with how many have been and how many there are. */
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
 * Summarises in a snapshot: reads the figures, samples the intervals, for they decide what is a gap, and then reads all datapoints
 * once for all else.
 */
export async function summariseIn(
  snapshot: Snapshot,
  request: ExportRequest,
  { gapSeconds, columns = 60, onProgress = () => {}, rowsPerSlice, signal }: SummaryOptions,
): Promise<Summary> {
  const client = snapshot.leader;
  const figures = await figuresOf(client, request);
  const spans = await finiteSpans(client, request, figures);
  const intervals = await sampledIntervals(client, request, spans);
  const from = spans.reduce((least, span) => Math.min(least, span.from), spans[0]?.from ?? 0);
  const to = spans.reduce((most, span) => Math.max(most, span.to), from);
  const width = (to - from) / columns || 1;
  const looks = figures.map((of): Look => {
    const interval = intervals.get(of.event.publicId);
    const threshold = gapSeconds ?? (interval && interval.seconds * INTERVALS_PER_GAP);
    const plan = { event: of.event, from, width, columns, threshold };
    return { figures: of, interval, plan, fold: new EventFold(plan) };
  });
  const totalRows = figures.reduce((sum, { count }) => sum + count, 0);
  let rows = 0;
  const onRows = (folded: number) => {
    rows += folded;
    onProgress({ rows, totalRows });
  };
  const folds = new Map(looks.map(({ figures: { event }, fold }) => [event.publicId, fold]));
  const read = { selection: request, rows: totalRows, rowsPerSlice, from, to, signal, onRows };
  await foldDatapoints(snapshot, read, folds);
  const asked = request.eventPublicIds ? await eventsOf(client, request) : [];
  const empty = asked.filter((event) => !figures.some(({ event: { publicId } }) => publicId === event.public_id));
  return { count: totalRows, from, to, width, events: [...looks.map(summaryOf), ...empty.map(nothingOf)] };
}

/** An event while it is looked at. */
interface Look {
  figures: Figures;
  interval: Interval | undefined;
  plan: FoldPlan;
  fold: EventFold;
}

/** Returns in which finite times the events have datapoints. */
async function finiteSpans(client: ClientBase, request: ExportRequest, figures: readonly Figures[]): Promise<Span[]> {
  if (figures.every(({ bounded }) => bounded)) {
    return figures.map(({ event: { publicId }, from, to }) => ({ publicId, from, to }));
  }
  const { rows } = await client.query<Span>(
    `select d.event_public_id as "publicId", extract(epoch from min(d.timestamp))::float8 as from,
            extract(epoch from max(d.timestamp))::float8 as to
       from datapoints d where ${selection(request)} and d.timestamp ${FINITE}
      group by d.event_public_id`,
  );
  return rows;
}

function summaryOf({ figures, interval, plan, fold }: Look): EventSummary {
  const { event, count, nan, infinite, first, last, min, mean, max, stddev } = figures;
  return {
    ...{ event, count, nan, infinite, first, last, min, mean, max, stddev },
    outOfRange: { count: fold.outOfRange, stretches: fold.outside.list },
    interval: interval ? { seconds: interval.seconds, sampled: interval.samples < fold.steps } : null,
    gaps: { ...fold.gaps, threshold: plan.threshold ?? null },
    curve: fold.curve,
  };
}

function nothingOf(event: EventRow): EventSummary {
  const { public_id: publicId, name, unit, min_value: minValue, max_value: maxValue } = event;
  return {
    event: { publicId, name, unit: unit ?? '', minValue, maxValue },
    ...{ count: 0, nan: 0, infinite: 0, first: null, last: null, min: null, mean: null, max: null, stddev: null },
    outOfRange: { count: 0, stretches: [] },
    interval: null,
    gaps: { count: 0, longest: 0, threshold: null, list: [] },
    curve: [],
  };
}
