import type { EventSummary } from '../series/summary.ts';
import type { OffsetPeriod } from '../text/time-zone.ts';
import type { CurveLayout, Grid } from './codec.ts';

/** What a page of charts shows, as it is embedded in it. Times are in seconds: since 1970, or since the start of each run. */

/** How far the axis of time goes, and how its times are written. */
export interface PageTime {
  from: number;
  to: number;
  /** The time zone, by the changes of its clocks, which do not depend on the browser; none for times since a start. */
  zone?: { name: string; periods: OffsetPeriod[] };
}

export interface PageSeries {
  name: string;
  /** What it is one of several courses of: an event of which each run is a line. */
  of?: string;
  unit: string;
  /** The number of its colour, from 0. */
  colour: number;
  /** Of its bytes, which follow those of the series before it. */
  layout: CurveLayout;
  grid: Grid;
  gaps: [from: number, to: number][];
  outOfRange: [from: number, to: number][];
  figures: Figures;
}

/** Figures of all datapoints of a series, not only of those in the file. */
export interface Figures extends Pick<EventSummary, 'count' | 'nan' | 'infinite' | 'min' | 'mean' | 'max' | 'stddev'> {
  /** The median, in seconds. */
  interval: number | null;
  /** Whether the interval is that of a sample. */
  isSampled: boolean;
  gaps: number;
  longestGap: number;
  outOfRange: number;
}

export interface PagePanel {
  title: string;
  unit: string;
  /** Numbers of series. */
  series: number[];
  thresholds: { value: number; text: string }[];
}

/** A moment with a number on the axis of time: an entry of the log, or a rule that would have triggered. */
export interface Mark {
  at: number;
  kind: 'info' | 'warning' | 'error' | 'rule';
  text: string;
}

interface Charts {
  title: string;
  time: PageTime;
  series: PageSeries[];
  panels: PagePanel[];
  /** The program and its version, and when. */
  madeBy: string;
  /** What the page leaves out, in sentences. */
  notes: string[];
}

export interface ReportData extends Charts {
  kind: 'report';
  run: { started: number | null; stopped: number | null; isRunning: boolean; owner: string | null };
  marks: Mark[];
}

export interface CompareData extends Charts {
  kind: 'compare';
  runs: { name: string; started: string }[];
}

export type PageData = ReportData | CompareData;
