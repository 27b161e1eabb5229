import type { Pool } from 'pg';
import { withSnapshot } from '../database/snapshot.ts';
import { type ExportRequest, startOf } from '../export/request.ts';
import { selectSeries } from '../series/select.ts';
import { type EventSummary, type Summary, summariseIn } from '../series/summary.ts';
import { localText } from '../text/local-time.ts';
import { printable } from '../text/printable.ts';
import type { TimeZone } from '../text/time-zone.ts';
import { VERSION } from '../version.ts';
import { curveOf, type Grid } from './codec.ts';
import type { UnpackedSeries } from './document.ts';
import type { Figures, PagePanel } from './page-data.ts';

/** How many buckets a page has of all series, at most: a file of about a megabyte, or of any size. */
const BUCKETS = { limited: 200_000, full: 1_000_000 };
/** However many series there are. */
const LEAST_COLUMNS = 100;
/** A chart of more lines would be unreadable. */
const MOST_LINES = 12;

export interface ReadOptions {
  /** Whether the page may be of any size. */
  full: boolean;
  signal: AbortSignal;
  onProgress(progress: { rows: number; totalRows: number }): void;
}

export interface Read extends Summary {
  /** When it started, or its first datapoint if it has no start, in seconds since 1970; undefined without either. */
  start: number | undefined;
  /** Whether it has datapoints at times that no axis has. */
  beyond: boolean;
}

/**
 * Summarises datapoints of an experiment with fine curves: all of them are read once.
 * @param runs how many experiments share the buckets of the page
 */
export async function readSeries(
  pool: Pool,
  selection: ExportRequest,
  { full, signal, onProgress }: ReadOptions,
  runs = 1,
): Promise<Read> {
  const buckets = (full ? BUCKETS.full : BUCKETS.limited) / runs;
  return await withSnapshot(pool, signal, async (snapshot) => {
    const selected = await selectSeries(snapshot.leader, selection);
    const columns = Math.max(LEAST_COLUMNS, Math.floor(buckets / (selected?.events.length || 1)));
    const started = await startOf(snapshot.leader, selection);
    const start = started && started.seconds + started.micros / 1e6;
    const summary = await summariseIn(snapshot, selection, { columns, onProgress, signal });
    return { ...summary, start, beyond: selected?.beyond ?? false };
  });
}

/**
 * Returns an event as a line of a chart.
 * @param start what its times count from, in seconds
 */
export function seriesOf(summary: EventSummary, { from, width }: Grid, colour: number, start = 0): UnpackedSeries {
  const { event, curve, gaps, outOfRange } = summary;
  const since = ({ from: first, to }: { from: number; to: number }): [number, number] => [first - start, to - start];
  const grid = { from: from - start, width };
  const buckets = start === 0 ? curve : Array.from(curve, (bucket) => ({ ...bucket, first: bucket.first - start }));
  return {
    name: printable(event.name),
    unit: printable(event.unit),
    ...{ colour, grid, curve: curveOf(buckets, grid) },
    gaps: gaps.list.map(since),
    outOfRange: outOfRange.stretches.map(since),
    figures: figuresOf(summary),
  };
}

function figuresOf(summary: EventSummary): Figures {
  const { count, nan, infinite, min, mean, max, stddev, interval, gaps, outOfRange } = summary;
  return {
    ...{ count, nan, infinite, min, mean, max, stddev },
    interval: interval?.seconds ?? null,
    isSampled: interval?.sampled ?? false,
    ...{ gaps: gaps.count, longestGap: gaps.longest, outOfRange: outOfRange.count },
  };
}

/** Returns charts for series of the same unit, in the order of the series. */
export function panelsOf(
  events: readonly EventSummary[],
  thresholds: readonly { eventPublicId: string; label: string; values: readonly number[] }[],
): PagePanel[] {
  const units = Map.groupBy(events.keys(), (at) => printable(events[at]?.event.unit.trim() ?? ''));
  return [...units].flatMap(([unit, all]) => {
    const parts = Math.ceil(all.length / MOST_LINES);
    return Array.from({ length: parts }, (_, part): PagePanel => {
      const series = all.slice(part * MOST_LINES, (part + 1) * MOST_LINES);
      const ids = new Set(series.map((at) => events[at]?.event.publicId));
      const title = `${unit || 'no unit'}${parts > 1 ? ` (${part + 1} of ${parts})` : ''}`;
      return { title, unit, series, thresholds: linesOf(thresholds.filter((each) => ids.has(each.eventPublicId))) };
    });
  });
}

function linesOf(thresholds: readonly { label: string; values: readonly number[] }[]): PagePanel['thresholds'] {
  return thresholds.flatMap(({ label, values }) => values.map((value) => ({ value, text: printable(label) })));
}

export function madeNow(now: Date, zone: TimeZone): string {
  return `webmacs ${VERSION} on ${timeText(zone, now.getTime() / 1000)}`;
}

/** Formats a time in seconds since 1970 to the second. */
export function timeText(zone: TimeZone, seconds: number): string {
  return localText(zone, `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}+00:00`);
}
