import { gapsOf } from '../series/gaps.ts';
import type { Bucket, Curve, Curves } from '../series/model.ts';
import type { Threshold } from '../series/thresholds.ts';
import { rangeOf, type ValueRange } from './value-ticks.ts';

/** What a drawing shows: panels above each other, one for each unit, over the same time. */
export interface Chart {
  /** In seconds since 1970. */
  from: number;
  to: number;
  panels: Panel[];
}

export interface Panel {
  unit: string;
  range: ValueRange;
  series: Series[];
  thresholds: PanelThreshold[];
}

/** A threshold, and whether it is too far from the values to be drawn. */
export interface PanelThreshold extends Threshold {
  beyond: 'above' | 'below' | undefined;
}

export interface Series {
  name: string;
  /** The place of its event in the selection, which decides its colour and its shape. */
  index: number;
  /** What is drawn as one line each: a gap, or a time without finite values, ends it. */
  runs: Stretch[][];
}

/** The least and the greatest value at about a time. */
export interface Stretch {
  at: number;
  min: number;
  max: number;
}

/** Returns what is drawn of curves. Values that are equal are drawn in the middle. */
export function chartOf(curves: Curves, thresholds: readonly Threshold[] = []): Chart {
  const units = Map.groupBy(curves.curves.entries(), ([, { event }]) => event.unit.trim());
  const panels = [...units].map(([unit, members]) => {
    const series = members.map(([index, curve]) => ({ name: curve.event.name, index, runs: runsOf(curves, curve) }));
    const ids = new Set(members.map(([, { event }]) => event.publicId));
    const ofPanel = thresholds.filter(({ eventPublicId }) => ids.has(eventPublicId));
    return { unit, series, ...withThresholds(series, ofPanel) };
  });
  return { from: curves.from, to: curves.to, panels };
}

export function hasValues({ panels }: Chart): boolean {
  return panels.some(({ series }) => series.some(({ runs }) => runs.length > 0));
}

function runsOf(curves: Curves, { buckets }: Curve): Stretch[][] {
  const ends = new Set(gapsOf(buckets).map(({ to }) => to));
  const runs: Stretch[][] = [];
  let run: Stretch[] = [];
  for (const bucket of buckets) {
    const { first, min, max } = bucket;
    if (ends.has(first) || min === undefined || max === undefined) {
      run = [];
    }
    if (min !== undefined && max !== undefined) {
      if (run.length === 0) {
        runs.push(run);
      }
      run.push({ at: middleOf(curves, bucket), min, max });
    }
  }
  return runs;
}

/** Returns the middle of the time that a bucket stands for, whose start is found in whole microseconds, as the server did. */
function middleOf({ from, width }: Curves, { first }: Bucket): number {
  const number = Math.floor(Math.round((first - from) * 1e6) / Math.round(width * 1e6));
  return from + (number + 0.5) * width;
}

/** Thresholds that would halve the drawing of the values are left out. */
function withThresholds(
  series: readonly Series[],
  thresholds: readonly Threshold[],
): Pick<Panel, 'range' | 'thresholds'> {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const stretch of series.flatMap(({ runs }) => runs.flat())) {
    [min, max] = [Math.min(min, stretch.min), Math.max(max, stretch.max)];
  }
  const values = min > max ? { min: 0, max: 1 } : rangeOf(min, max);
  const room = values.max / 2 - values.min / 2;
  const [least, most] = [values.min - 2 * room, values.max + 2 * room];
  const range = { ...values };
  const placed = thresholds.map((threshold) => {
    const shown = threshold.values.filter((value) => value >= least && value <= most);
    for (const value of shown) {
      [range.min, range.max] = [Math.min(range.min, value), Math.max(range.max, value)];
    }
    const [first = 0] = threshold.values;
    const beyond = shown.length > 0 ? undefined : first > most ? ('above' as const) : ('below' as const);
    return { ...threshold, values: shown, beyond };
  });
  return { range, thresholds: placed };
}
