import type { GridRect } from '../domain/grid.ts';
import type { PagePanel, PageSeries, PageTime } from './page-data.ts';

/** What the page of a dashboard shows, as it is embedded in it. Times are in seconds since 1970. */
export interface BoardData {
  kind: 'dashboard';
  title: string;
  time: PageTime;
  /** The events of the widgets. */
  series: BoardSeries[];
  widgets: BoardWidget[];
  /** What is not as it is stored, in sentences. */
  notes: string[];
  /** The program, its version, and when. */
  madeBy: string;
  /** Where values are to be had as they arrive, and the number of the last ones that are in the page; null for a file. */
  live: { path: string; after: number } | null;
}

/** An event, with its curve where a widget draws it. */
export interface BoardSeries
  extends Pick<PageSeries, 'name' | 'unit' | 'colour' | 'layout' | 'grid' | 'gaps' | 'outOfRange'>,
    Pick<PagePanel, 'thresholds'> {
  id: string;
  /** The range in which its values are expected; null where it has no limit. */
  min: number | null;
  max: number | null;
  latest: BoardValue | null;
}

/** The last value of an event. */
export interface BoardValue {
  /** Null if the time is infinite. */
  at: number | null;
  /** JSON has no NaN and no infinities: as text. */
  value: number | string;
  ageSeconds: number | null;
  /** The rules whose condition it meets. */
  met: string[];
}

/** The last value, and the extremes of those since the values that were sent before. */
export interface LiveValue extends BoardValue {
  id: string;
  low: number | null;
  high: number | null;
}

/** A widget on the grid, from which many empty rows are left out. */
export interface BoardWidget extends GridRect {
  type: string;
  title: string;
  /** The number of its series; null if it has no event. */
  series: number | null;
}
