import type { Context } from '../../cli/context.ts';
import { counted, duration, grouped, printable } from '../../cli/text.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { type Measure, measureFor, truncated } from '../../cli/width.ts';
import { drawChart } from '../../plot/braille.ts';
import { type Chart, chartOf, hasValues } from '../../plot/panels.ts';
import { utcOffset } from '../../plot/time-ticks.ts';
import { gapsOf } from '../../series/gaps.ts';
import type { Curves } from '../../series/model.ts';
import { inZone } from '../../text/local-time.ts';
import type { TimeZone } from '../../text/time-zone.ts';
import { type Drawn, type Reading, titleOf } from './read.ts';

const HOUR = 3600;
/** Shorter times need decimals of seconds. */
const FEW_SECONDS = 10;

/** The room of a drawing, in cells; without a window, any number of rows. */
export interface Size {
  columns: number;
  rows: number | undefined;
}

/** Returns the lines of a drawing: a head, the panels, and what they do not show. */
export async function drawingOf(
  ctx: Context,
  drawn: Drawn,
  reading: Reading,
  { columns, rows }: Size,
): Promise<string[]> {
  const { style } = ctx.output;
  const zone = shownTimezone(ctx);
  const chart = printableChart(reading);
  const title = titleOf(drawn);
  const measure = await measureFor([title, ...textsOf(chart)]);
  const ascii = ctx.environment.TERM === 'dumb';
  const cut = (text: string, width: number) => {
    const short = measure(text) > width ? truncated(text, width, measure) : text;
    return ascii ? short.replace(/…$/, '~') : short;
  };
  const name = cut(title, columns);
  const [first = '', ...more] = joined([name, rangeText(reading.curves, zone)], '  ', columns, measure);
  const head = [`${style.bold(name)}${first.slice(name.length)}`, ...more];
  const foot = joined(figuresOf(reading, hasValues(chart)), ', ', columns, measure);
  const drawing = drawChart(chart, {
    ...{ columns, rows: rows && rows - head.length - foot.length, ascii, zone, measure, cut },
    ...{ series: style.series, threshold: style.red, axis: style.dim },
  });
  return [...head, ...drawing, ...foot.map(style.dim)];
}

/** Returns what is drawn, with names that cannot act on what shows them. */
export function printableChart({ curves, thresholds }: Reading): Chart {
  const shown = curves.curves.map(({ event, buckets }) => ({
    event: { ...event, name: printable(event.name), unit: printable(event.unit) },
    buckets,
  }));
  const limits = thresholds.map((threshold) => ({ ...threshold, label: printable(threshold.label) }));
  return chartOf({ ...curves, curves: shown }, limits);
}

function textsOf({ panels }: Chart): string[] {
  return panels.flatMap(({ unit, series, thresholds }) => [
    ...[unit, ...series.map(({ name }) => name)],
    ...thresholds.map(({ label }) => label),
  ]);
}

function joined(texts: readonly string[], comma: string, columns: number, measure: Measure): string[] {
  const [first = '', ...rest] = texts;
  const lines = [first];
  for (const text of rest) {
    const line = `${lines.at(-1)}${comma}${text}`;
    measure(line) <= columns ? lines.splice(-1, 1, line) : lines.push(text);
  }
  return lines;
}

/**
 * `2026-10-24 22:00 to 2026-10-25 04:00 Europe/Berlin`; of the same day, the date once; of less than an hour, with seconds, and
 * with as many decimals as tell both ends apart.
 */
export function rangeText({ from, to }: Curves, zone: TimeZone): string {
  const decimals = to - from < FEW_SECONDS ? Math.min(6, Math.ceil(-Math.log10((to - from) / FEW_SECONDS))) : 0;
  const length = to - from < HOUR ? 19 : 16;
  const [start = '', end = ''] = [from, to].map((time) => {
    const whole = Math.floor(time);
    const fraction = String(Math.round((time - whole) * 1e6)).padStart(6, '0');
    const text = inZone(zone, whole * 1000).slice(0, length);
    return `${text.replace('T', ' ')}${decimals > 0 ? `.${fraction.slice(0, decimals)}` : ''}`;
  });
  const offset = utcOffset(zone.offsetAt(Math.floor(from) * 1000));
  const isSameDay = start.slice(0, 10) === end.slice(0, 10);
  return `${start} to ${end.slice(isSameDay ? 11 : 0)} ${zone.name === 'local' ? offset : zone.name}`;
}

/** Returns the figures of a drawing, also of what it does not show. */
export function figuresOf({ curves: { curves, width }, events }: Reading, any: boolean): string[] {
  const buckets = curves.flatMap((curve) => curve.buckets);
  const sum = (figure: 'count' | 'nan' | 'infinite') => buckets.reduce((total, bucket) => total + bucket[figure], 0);
  const [nan, infinite] = [sum('nan'), sum('infinite')];
  const gaps = curves.reduce((total, curve) => total + gapsOf(curve.buckets).length, 0);
  const facts = [
    counted(sum('count') + nan + infinite, 'datapoint'),
    any ? `min and max of each ${duration(width)}` : 'no finite value to draw',
    events > curves.length && `the first ${curves.length} of ${counted(events, 'event')}`,
    gaps > 0 && counted(gaps, 'gap'),
    nan > 0 && `${grouped(nan)} NaN`,
    infinite > 0 && `${grouped(infinite)} infinite`,
  ];
  return facts.filter((fact) => fact !== false);
}
