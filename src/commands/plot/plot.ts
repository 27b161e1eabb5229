import type { Context } from '../../cli/context.ts';
import { duration, grouped, printable, quoted } from '../../cli/text.ts';
import { shownTime } from '../../cli/time.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { type Measure, measureFor, truncated } from '../../cli/width.ts';
import { availableRange } from '../../export/extent.ts';
import { bucketsFor, drawChart } from '../../plot/braille.ts';
import { chartOf, hasValues } from '../../plot/panels.ts';
import { utcOffset } from '../../plot/time-ticks.ts';
import { gapsOf } from '../../series/gaps.ts';
import type { Curves } from '../../series/model.ts';
import { counted } from '../../text/counted.ts';
import { inZone } from '../../text/local-time.ts';
import type { TimeZone } from '../../text/time-zone.ts';
import { shownRange } from '../standard/time-range.ts';
import { bucketColumns, bucketFacts, bucketRows } from './bucket-rows.ts';
import { type Drawn, type Reading, readDrawn } from './read.ts';

/** Where no window says how wide the drawing is. */
const COLUMNS = 80;
const LEAST_COLUMNS = 20;
const MAX_COLUMNS = 1000;
const HOUR = 3600;

/** Draws datapoints over time on standard output, or prints the figures of the drawing for programs. */
export async function plot(ctx: Context, drawn: Drawn): Promise<void> {
  const size = sizeOf(ctx);
  const reading = await ctx.progress('Reading', async () => await readDrawn(ctx, drawn, bucketsFor(size.columns)));
  if (reading === undefined) {
    await ctx.output.warn(await nothingIn(ctx, drawn));
    return ctx.output.structured ? await ctx.output.report({ from: null, to: null }, [], bucketColumns) : undefined;
  }
  if (ctx.output.structured) {
    await ctx.output.report(bucketFacts(reading), bucketRows(reading), bucketColumns);
  } else {
    await ctx.output.text(await drawingOf(ctx, drawn, reading, size));
  }
  await warnOf(ctx, reading);
}

interface Size {
  columns: number;
  rows: number | undefined;
}

/** The window, without the line for the prompt of the shell. */
function sizeOf({ streams, environment }: Context): Size {
  if (streams.stdoutIsTerminal) {
    return { columns: Math.max(LEAST_COLUMNS, streams.columns()), rows: streams.rows() - 1 };
  }
  const given = Number(environment.COLUMNS);
  const columns = given >= LEAST_COLUMNS && given <= MAX_COLUMNS ? Math.floor(given) : COLUMNS;
  return { columns, rows: undefined };
}

async function drawingOf(
  ctx: Context,
  { title }: Drawn,
  { curves, thresholds }: Reading,
  { columns, rows }: Size,
): Promise<string> {
  const { style } = ctx.output;
  const zone = shownTimezone(ctx);
  const printed = <T extends { name: string; unit: string }>(event: T): T => ({
    ...event,
    name: printable(event.name),
    unit: printable(event.unit),
  });
  const shown = curves.curves.map(({ event, buckets }) => ({ event: printed(event), buckets }));
  const limits = thresholds.map((threshold) => ({ ...threshold, label: printable(threshold.label) }));
  const texts = [
    title,
    ...shown.flatMap(({ event: { name, unit } }) => [name, unit]),
    ...limits.map((each) => each.label),
  ];
  const measure = await measureFor(texts);
  const ascii = ctx.environment.TERM === 'dumb';
  const cut = (text: string, width: number) => {
    const short = measure(text) > width ? truncated(text, width, measure) : text;
    return ascii ? short.replace(/…$/, '~') : short;
  };
  const chart = chartOf({ ...curves, curves: shown }, limits);
  const name = cut(printable(title), columns);
  const [first = '', ...more] = joined([name, rangeText(curves, zone)], '  ', columns, measure);
  const head = [`${style.bold(name)}${first.slice(name.length)}`, ...more];
  const foot = joined(figuresOf(curves, hasValues(chart)), ', ', columns, measure);
  const room = rows && rows - head.length - foot.length;
  const drawing = drawChart(chart, {
    ...{ columns, rows: room, ascii, zone, measure, cut },
    ...{ series: style.series, threshold: style.red, axis: style.dim },
  });
  return [...head, ...drawing, ...foot.map(style.dim)].map((line) => `${line}\n`).join('');
}

/** Joins texts to lines that fit. */
function joined(texts: readonly string[], comma: string, columns: number, measure: Measure): string[] {
  const [first = '', ...rest] = texts;
  const lines = [first];
  for (const text of rest) {
    const line = `${lines.at(-1)}${comma}${text}`;
    measure(line) <= columns ? lines.splice(-1, 1, line) : lines.push(text);
  }
  return lines;
}

/** `2026-10-24 22:00 to 2026-10-25 04:00 Europe/Berlin`; of the same day, the date once; of less than an hour, with seconds. */
function rangeText({ from, to }: Curves, zone: TimeZone): string {
  const [start, end] = [from, to].map((time) => inZone(zone, Math.floor(time) * 1000).replace('T', ' '));
  const offset = utcOffset(zone.offsetAt(Math.floor(from) * 1000));
  const isSameDay = start?.slice(0, 10) === end?.slice(0, 10);
  const length = to - from < HOUR ? 19 : 16;
  return `${start?.slice(0, length)} to ${end?.slice(isSameDay ? 11 : 0, length)} ${zone.name === 'local' ? offset : zone.name}`;
}

function figuresOf({ curves, width }: Curves, any: boolean): string[] {
  const buckets = curves.flatMap((curve) => curve.buckets);
  const sum = (figure: 'count' | 'nan' | 'infinite') => buckets.reduce((total, bucket) => total + bucket[figure], 0);
  const [nan, infinite] = [sum('nan'), sum('infinite')];
  const gaps = curves.reduce((total, curve) => total + gapsOf(curve.buckets).length, 0);
  const facts = [
    counted(sum('count') + nan + infinite, 'datapoint'),
    any ? `min and max of each ${duration(width)}` : 'no finite value to draw',
    gaps > 0 && counted(gaps, 'gap'),
    nan > 0 && `${grouped(nan)} NaN`,
    infinite > 0 && `${grouped(infinite)} infinite`,
  ];
  return facts.filter((fact) => fact !== false);
}

async function nothingIn(ctx: Context, { title, selection }: Drawn): Promise<string> {
  const client = await (await ctx.pool()).connect();
  try {
    const available = await availableRange(client, selection);
    const range = await shownRange(ctx, selection);
    const there = available
      ? `there is data from ${await shownTime(ctx, available.first)} to ${await shownTime(ctx, available.last)}`
      : 'there is no data at all';
    return `Nothing to draw of ${quoted(title)}${range}: ${there}${selection.eventPublicIds ? ' of these events' : ''}.`;
  } finally {
    client.release();
  }
}

async function warnOf(ctx: Context, { curves: { curves }, events, beyond }: Reading): Promise<void> {
  if (events > curves.length) {
    const which = `the first ${curves.length} of ${counted(events, 'event')}, by name`;
    await ctx.output.warn(`These are ${which}: choose others with --event.`);
  }
  if (beyond) {
    await ctx.output.warn('Datapoints at times that no axis has, such as infinity, are left out.');
  }
}
