import type { TimestampOptions } from '../time/timestamp-rules.ts';

/**
 * How to read a file: what a person states in options, what a profile keeps, and what an inspection proposes. Everything that
 * is omitted is found in the file, if the file leaves only one answer.
 */
export interface ReadingOptions extends TimestampOptions {
  /**
   * The encoding of the bytes, a label such as `windows-1252` or `utf-16`; a byte order mark wins. By default UTF-8, and
   * UTF-16 where the bytes show it.
   * @see https://encoding.spec.whatwg.org/#names-and-labels
   */
  encoding?: string;
  /** One character; a blank stands for any number of blanks and tabs. */
  delimiter?: string;
  /** The line of the header, from 1. */
  headerLine?: number;
  /** The header of a file that has none, as one CSV record. */
  header?: string;
  /** How many records between the header and the first row hold units and types. */
  skipAfter?: number;
  /** Lines that start with this text are skipped. */
  comment?: string;
  /** The columns that hold the time; several are joined with a blank. */
  timeColumns?: readonly string[];
  /** The time zone of times without an offset, if neither `timezone` nor the header states one. */
  defaultTimezone?: string;
  /** Columns or names of a file, and the events that they are: `COLUMN=EVENT`. */
  map?: readonly string[];
  /** Columns, or names of events in a file, that are not imported; `*` and `?` match any characters. */
  ignore?: readonly string[];
  /** The only columns, or names of events in a file, that are imported; `*` and `?` match any characters. */
  only?: readonly string[];
  /** The column with the name or public id of the event of each row. */
  eventColumn?: string;
  /** The column with the value of each row. */
  valueColumn?: string;
  /** The separator of thousands, which is removed; none by default. */
  thousands?: string;
  /** Texts that stand for a missing value, in all columns, or in one: `COLUMN=TEXT`. */
  nulls?: readonly string[];
  /** Whether NaN is a missing value; by default it is a value only in the form of an export. */
  nan?: 'missing' | 'keep';
}
