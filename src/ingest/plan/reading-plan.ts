import type { NamedEvent } from '../event-names.ts';
import type { Mapping } from './mapping.ts';
import type { Table } from './table.ts';
import type { TimeRules } from './time-rules.ts';
import type { Title } from './title.ts';
import type { ValueRules } from './values.ts';

/** A column with the values of one event. */
export interface EventColumn {
  column: number;
  event: NamedEvent;
}

/** Which columns of a file hold what, counted from 0. */
export type Layout = {
  /** How many cells a row has; further ones must be empty. */
  width: number;
  /** How many cells a row has at least: all rows of a file may end before its last columns. */
  least: number;
  /** The columns of the time, joined with a blank. */
  time: readonly number[];
} & (
  | {
      kind: 'long';
      value: number;
      /** The event of all rows, or the columns that identify it: a known public id wins over the name. */
      event: { only: NamedEvent } | { publicId: number | undefined; name: number | undefined };
      datapointPublicId: number | undefined;
      unit: number | undefined;
    }
  | { kind: 'wide'; events: readonly EventColumn[] }
);

/** A column that is not imported. */
export interface IgnoredColumn {
  column: number;
  title: string;
  why:
    | 'empty'
    | 'record number'
    | 'flag'
    | 'text'
    | 'time'
    | 'not named'
    | 'option'
    | 'rejection'
    | 'not needed'
    | '--experiment decides';
}

/** How one file is read: what the options say, and what was found in its first part. */
export interface ReadingPlan {
  table: Table;
  titles: readonly Title[];
  layout: Layout;
  ignored: readonly IgnoredColumn[];
  /** Columns with numbers that do not match an event. Nothing can be imported while there are any. */
  unknown: readonly { column: number; title: Title }[];
  mapping: Mapping;
  values: ValueRules;
  time: TimeRules;
  /** Units in the file that are not those of the events, for a message. */
  units: readonly string[];
}
