import type { Pool } from 'pg';
import type { ExperimentRow } from '../domain/experiments.ts';
import type { ExportRequest } from '../export/request.ts';
import { type Figures, figuresOf } from '../series/figures.ts';
import type { EventSummary } from '../series/summary.ts';
import { printable } from '../text/printable.ts';
import type { TimeZone } from '../text/time-zone.ts';
import { type Page, pageOf, type Unpacked, type UnpackedSeries } from './document.ts';
import type { CompareData, PagePanel } from './page-data.ts';
import { madeNow, type ReadOptions, readSeries, seriesOf, timeText } from './series.ts';

/** An experiment, and which of its datapoints are compared. */
export interface Run {
  experiment: ExperimentRow;
  selection: ExportRequest;
}

/** The figures of an event in two runs; null where it has no datapoint. */
export type ComparedFigures = {
  event: string;
  unit: string;
} & { [figure in `${'count' | 'min' | 'mean' | 'max' | 'stddev'}_${'a' | 'b'}`]: number | null } & {
  /** How much the mean is greater in the second. */
  difference: number | null;
};

/** Compares the figures of two runs, by event. */
export async function compareFigures(pool: Pool, runs: readonly [Run, Run]): Promise<ComparedFigures[]> {
  const [a, b] = [await figuresOf(pool, runs[0].selection), await figuresOf(pool, runs[1].selection)];
  return eventsOfBoth(a, b).map(([left, right]) => {
    const { name, unit } = (left ?? right)?.event ?? { name: '', unit: '' };
    const difference = left?.mean == null || right?.mean == null ? null : right.mean - left.mean;
    return { event: name, unit, ...columnsOf(left, 'a'), ...columnsOf(right, 'b'), difference } as ComparedFigures;
  });
}

function columnsOf(figures: Figures | undefined, run: 'a' | 'b'): Record<string, number | null> {
  const { count = null, min = null, mean = null, max = null, stddev = null } = figures ?? {};
  return Object.fromEntries(
    Object.entries({ count, min, mean, max, stddev }).map(([key, each]) => [`${key}_${run}`, each]),
  );
}

/** Pairs what belongs to the same event, by name. */
function eventsOfBoth<T extends { event: { publicId: string; name: string } }>(
  a: readonly T[],
  b: readonly T[],
): [T | undefined, T | undefined][] {
  const pairs = new Map<string, [T | undefined, T | undefined]>(
    a.map((each) => [each.event.publicId, [each, undefined]]),
  );
  for (const each of b) {
    pairs.set(each.event.publicId, [pairs.get(each.event.publicId)?.[0], each]);
  }
  const nameOf = ([left, right]: [T | undefined, T | undefined]) => (left ?? right)?.event.name ?? '';
  return [...pairs.values()].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
}

/** Returns a page on which two runs are over each other, by the time since their start. */
export async function comparePage(
  pool: Pool,
  runs: readonly [Run, Run],
  { zone, now }: { zone: TimeZone; now: Date },
  options: ReadOptions,
): Promise<Page> {
  const read: RunRead[] = [];
  for (const [index, { experiment, selection }] of runs.entries()) {
    const { events, from, to, width, count, start = from } = await readSeries(pool, selection, options, runs.length);
    const name = `${index === 0 ? 'A' : 'B'}: ${printable(experiment.name)}`;
    const lineOf = (summary: EventSummary): UnpackedSeries => ({
      ...seriesOf(summary, { from, width }, index, start),
      name,
      of: printable(summary.event.name),
    });
    read.push({ name, started: timeText(zone, start), from: from - start, to: to - start, count, events, lineOf });
  }
  const [a, b] = read;
  const series: UnpackedSeries[] = [];
  const panels: PagePanel[] = [];
  for (const [left, right] of eventsOfBoth(a?.events ?? [], b?.events ?? [])) {
    const { name, unit } = (left ?? right)?.event ?? { name: '', unit: '' };
    const lines = [left && a?.lineOf(left), right && b?.lineOf(right)].filter((line) => line !== undefined);
    const numbers = lines.map((_, at) => series.length + at);
    panels.push({ title: printable(`${name} ${unit}`.trim()), unit: printable(unit), series: numbers, thresholds: [] });
    series.push(...lines);
  }
  const withData = read.filter(({ count }) => count > 0);
  const [from, to] = [Math.min(0, ...withData.map((run) => run.from)), Math.max(1, ...withData.map((run) => run.to))];
  const data: Unpacked<CompareData> = {
    kind: 'compare',
    title: `${a?.name} and ${b?.name}`,
    time: { from, to },
    runs: read.map(({ name, started }) => ({ name, started })),
    ...{ series, panels, notes: [] },
    madeBy: madeNow(now, zone),
  };
  return await pageOf(data, options);
}

interface RunRead {
  name: string;
  started: string;
  from: number;
  to: number;
  count: number;
  events: EventSummary[];
  lineOf(summary: EventSummary): UnpackedSeries;
}
