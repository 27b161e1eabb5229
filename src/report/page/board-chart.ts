import { INTERVALS_PER_GAP } from '../../series/gaps.ts';
import type { BoardSeries, LiveValue } from '../board-data.ts';
import { shownValue, type Widget, type WidgetOptions } from './board-widget.ts';
import { LineChart } from './chart.ts';
import type { ChartLine } from './chart-options.ts';
import { type Curve, indexOf, NO_POINTS, type Reading } from './columns.ts';
import { element, named } from './dom.ts';
import { spanText } from './numbers.ts';

/** The height of a row of the grid, of what is between two, and of what is around a chart. */
const ROW_PIXELS = 104;
const GAP_PIXELS = 12;
const AROUND_PIXELS = 68;
/** For the rules that are met, if there are any. */
const MET_PIXELS = 20;
const LEAST_PIXELS = 90;

/** A time without values is a gap if it is longer than this many seconds, and some intervals. */
const LEAST_GAP = 5;
/** How many of the last intervals are considered. */
const INTERVALS = 50;

export function chartIn(body: HTMLElement, options: WidgetOptions & { series: BoardSeries }): Widget {
  const { widget, series, curve = NO_POINTS, view, clock } = options;
  const { colour, gaps, outOfRange, thresholds, unit } = series;
  const line: ChartLine & { gaps: [number, number][] } = { colour, outOfRange, isShown: true, curve, gaps: [...gaps] };
  const reading = element('span');
  const nothing = element('p', { class: 'note' }, 'No datapoint in this time.');
  const area = element('div', { class: 'chart', role: 'img', 'aria-label': `Chart of ${widget.title} over time` });
  body.append(
    element('p', { class: 'now' }, reading, ' ', element('span', { class: 'note' }, named(unit))),
    nothing,
    area,
  );
  let latest = '';
  const around = AROUND_PIXELS + (thresholds.length > 0 ? MET_PIXELS : 0);
  const height = Math.max(LEAST_PIXELS, widget.h * ROW_PIXELS + (widget.h - 1) * GAP_PIXELS - around);
  const onCursor = (time: number | undefined, [at]: readonly Reading[]) => {
    reading.replaceChildren(time === undefined ? latest : at ? spanText(at.low, at.high) : '–');
  };
  const update = () =>
    nothing.toggleAttribute(
      'hidden',
      line.curve.times.some((time) => time >= view.from && time <= view.to),
    );
  const chart = new LineChart(area, { lines: [line], thresholds, marks: [], height, view, clock, onCursor });
  view.onChange(update);
  update();
  return {
    chart,
    resize: () => chart.resize(area.clientWidth),
    show: (value) => {
      latest = shownValue(value);
      reading.replaceChildren(latest);
    },
    append: (value) => {
      const last = line.curve.times.at(-1) ?? Number.NEGATIVE_INFINITY;
      if (value.at === null || value.at <= last) {
        return false;
      }
      if (value.at - last > longest(line.curve.times)) {
        line.gaps = [...line.gaps.filter(([, end]) => end > view.whole.from), [last, value.at]];
      }
      line.curve = extended(line.curve, value.at, value, view.whole.from);
      return true;
    },
  };
}

/** Returns how long a time without values may be. */
function longest(times: Float64Array): number {
  const intervals = times
    .slice(-INTERVALS)
    .map((time, at, all) => time - (all[at - 1] ?? time))
    .sort();
  return Math.max(LEAST_GAP, INTERVALS_PER_GAP * (intervals[Math.floor(intervals.length / 2)] ?? 0));
}

/** Returns a curve with one more point, without those before a time. */
function extended({ times, low, high, width }: Curve, at: number, value: LiveValue, from: number): Curve {
  const first = indexOf(times, from);
  const more = (numbers: Float32Array | Float64Array, last: number | null) => {
    const all = new Float64Array(numbers.length - first + 1);
    all.set(numbers.subarray(first));
    all[all.length - 1] = last ?? Number.NaN;
    return all;
  };
  return { width, times: more(times, at), low: more(low, value.low), high: more(high, value.high) };
}
