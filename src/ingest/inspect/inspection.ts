import type { Rejection } from '../bad-lines.ts';
import type { ReadingOptions } from '../plan/reading-options.ts';
import type { IgnoredColumn } from '../plan/reading-plan.ts';
import type { Regularity } from './steps.ts';
import type { CellCounts } from './value-figures.ts';

/** The event that values become. */
export interface InspectedEvent {
  name: string;
  /** `undefined` if there is none of this name yet. */
  publicId: string | undefined;
  unit: string | undefined;
  /** The name of an event that is nearly the same as that of a new one. */
  near: string | undefined;
}

/** What a column of a file is. */
export type ColumnRole = 'time' | 'event' | 'value' | 'values of an event' | 'public id' | 'ignored' | 'unknown';

/** A column of a file. */
export interface InspectedColumn extends CellCounts {
  title: string;
  role: ColumnRole;
  /** Why it is not imported. */
  why: IgnoredColumn['why'] | undefined;
  unit: string | undefined;
  event: InspectedEvent | undefined;
}

/** The values of an event, in a file whose rows name their event. */
export interface InspectedSeries extends CellCounts {
  /** As in the file. */
  name: string;
  event: InspectedEvent;
}

/** A moment of a file. */
export interface Moment {
  /** As in the file. */
  text: string;
  /** Since 1970; beyond the year 2255 not exact. */
  microseconds: number;
  /** ISO 8601 in the time zone of the file, and in UTC. */
  local: string | undefined;
  utc: string;
}

/** What a file contains, and how an import reads it. */
export interface Inspection {
  encoding: string;
  delimiter: string;
  comment: string | undefined;
  /** The line of the header, from 1; `undefined` if it was given. */
  headerLine: number | undefined;
  /** How many lines below it hold units and types. */
  unitLines: number;
  timeColumns: string[];
  timeFormat: string;
  /** Of times without an offset. */
  timezone: string | undefined;
  /** Where it is stated; `undefined` if all times have an offset. */
  timezoneFrom: 'options' | 'header' | 'default' | undefined;
  decimal: '.' | ',';
  /** Rows with a valid time, and values in them. */
  rows: number;
  values: number;
  first: Moment | undefined;
  last: Moment | undefined;
  regularity: Regularity;
  /** Lines that an import rejects, whole or in part, and why. */
  bad: number;
  rejections: readonly Rejection[];
  columns: InspectedColumn[];
  /** By the order in which they occur; empty for a file with a column per event. */
  series: InspectedSeries[];
  notes: string[];
  /** What an import has to be told to read the file in this way. */
  options: ReadingOptions;
  /** Whether events have to be created. */
  createsEvents: boolean;
}
