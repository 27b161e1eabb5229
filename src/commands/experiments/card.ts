import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { peaks, sparkline } from '../../cli/sparkline.ts';
import { counted, duration, grouped, listed, quoted, rounded } from '../../cli/text.ts';
import type { ExperimentRow } from '../../domain/experiments.ts';
import type { Bucket } from '../../series/model.ts';
import type { EventSummary, Summary } from '../../series/summary.ts';
import { printRow } from '../standard/show.ts';
import { EXPERIMENTS } from './noun.ts';

const COLUMNS = ['event', 'trend', 'count', 'min', 'mean', 'max', 'stddev', 'unit', 'interval'];
const FLAWS = ['gaps', 'longest_gap', 'outside', 'nan', 'infinite'];
const TIMES = ['first', 'last'];
/** The columns that a narrow window hides, in this order. */
const HIDE_FIRST = [
  ...['last', 'first', 'longest_gap', 'stddev', 'interval', 'count', 'unit', 'mean', 'min', 'infinite', 'max', 'nan'],
];

/** How many values are drawn, by the least width of the window. */
const TRENDS = [
  [130, 24],
  [70, 16],
  [0, 8],
] as const;

const ALL_COLUMNS = 'experiments summary --json';

/** Returns how many values of an event the card draws. */
export function trendWidth({ streams }: Context): number {
  return TRENDS.find(([columns]) => streams.columns() >= columns)?.[1] ?? 0;
}

/** Prints what is known of an experiment without its datapoints. */
export async function printFacts(ctx: Context, experiment: ExperimentRow): Promise<void> {
  const { seconds, running } = lengthOf(ctx, experiment);
  await printRow(ctx, EXPERIMENTS, experiment, {
    more: { duration: seconds === null ? null : duration(seconds), running },
  });
}

/** Returns how long an experiment lasted, or has been running for; null if it has no start. */
export function lengthOf(ctx: Context, { startedOn, stoppedOn }: ExperimentRow) {
  const end = stoppedOn ? Date.parse(stoppedOn) : ctx.now().getTime();
  const seconds = startedOn ? (end - Date.parse(startedOn)) / 1000 : Number.NaN;
  return { seconds: Number.isFinite(seconds) ? seconds : null, running: !stoppedOn };
}

/**
 * Prints the datapoints of an experiment for people: a line for each event, and what is wrong with them.
 * @param range how the time range was understood, with a blank before it
 */
export async function printDatapoints(ctx: Context, summary: Summary, range = ''): Promise<void> {
  const { output } = ctx;
  const { style, ascii } = output.look;
  const length = summary.to - summary.from;
  const rate = length > 0 ? ` (${rateText(summary.count / length)})` : '';
  await output.text(`${style.dim('datapoints')}  ${grouped(summary.count)}${rate}${range}\n`);
  if (summary.events.length === 0) {
    return;
  }
  await output.text('\n');
  const rows = summary.events.map((event) => shownRow(event, summary, trendWidth(ctx), ascii));
  const shown = FLAWS.filter((name) => rows.some((row) => typeof row[name] === 'string' || Number(row[name]) > 0));
  await output.list(rows, [...COLUMNS, ...shown, ...TIMES], { hideFirst: HIDE_FIRST, otherColumns: ALL_COLUMNS });
  const flaws = flawsOf(summary).map((flaw) => `${style.yellow('!')} ${flaw}`);
  const fine = `${style.green(ascii ? 'ok:' : '✓')} no gaps, nothing out of range, no NaN`;
  await output.text(`\n${(flaws.length > 0 ? flaws : [fine]).join('\n')}\n`);
}

/** Describes what is wrong with the datapoints; empty if nothing is. */
export function flawsOf({ events }: Summary): string[] {
  const sum = (count: (event: EventSummary) => number) => events.reduce((total, event) => total + count(event), 0);
  const [gaps, outside] = [sum((event) => event.gaps.count), sum((event) => event.outOfRange.count)];
  const [nan, infinite] = [sum((event) => event.nan), sum((event) => event.infinite)];
  const longest = events.reduce<EventSummary | undefined>(
    (most, event) => (event.gaps.longest > (most?.gaps.longest ?? 0) ? event : most),
    undefined,
  );
  const missing = events.filter(({ count }) => count === 0).map(({ event }) => quoted(event.name));
  return [
    missing.length > 0 && `no datapoints of ${listed(missing)}`,
    longest &&
      `${counted(gaps, 'gap')}, the longest ${duration(longest.gaps.longest)} in ${quoted(longest.event.name)}`,
    outside > 0 && `${counted(outside, 'value')} out of range`,
    nan > 0 && `${grouped(nan)} NaN`,
    infinite > 0 && `${counted(infinite, 'infinite value')}`,
  ].filter((text) => text !== false && text !== undefined);
}

function shownRow(summary: EventSummary, { from, width }: Summary, trend: number, ascii: boolean): Row {
  const { event, count, min, mean, max, stddev, interval, gaps, outOfRange, nan, infinite, first, last } = summary;
  const columns: Bucket[] = [];
  for (const bucket of summary.curve) {
    // A time on the border of two buckets may be a little before it, by rounding.
    columns[Math.min(trend - 1, Math.floor((bucket.first - from) / width + 1e-6))] = bucket;
  }
  return {
    event: event.name,
    trend: sparkline(peaks(Array.from({ length: trend }, (_, at) => columns[at])), { ascii }),
    count,
    ...{ min: rounded(min), mean: rounded(mean), max: rounded(max), stddev: rounded(stddev) },
    unit: event.unit,
    interval: interval && `${interval.sampled ? '~' : ''}${duration(interval.seconds)}`,
    gaps: gaps.count,
    longest_gap: gaps.count > 0 ? duration(gaps.longest) : null,
    outside: outOfRange.count,
    ...{ nan, infinite, first, last },
  };
}

/** Formats a rate per second, in the unit of time in which it is one at least. */
function rateText(perSecond: number): string {
  const [unit, seconds] = RATES.find(([, each]) => perSecond * each >= 1) ?? ['day', 86_400];
  const rate = Number((perSecond * seconds).toPrecision(3));
  return `${rate < 1000 ? rate : grouped(Math.round(rate))} per ${unit}`;
}

const RATES = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
] as const;
