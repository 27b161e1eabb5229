/**
 * How to read a file: what a person states in options, what a profile keeps, and what an inspection proposes. Everything that
 * is omitted is found in the file, if the file leaves only one answer.
 */
export interface ReadingOptions {
  /** A label of the WHATWG encoding standard, such as `utf-16le`; by default UTF-8, or what the byte order mark says. */
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
  /** Letters of strptime, or the name of a format, such as `unix_ms`. */
  timeFormat?: string;
  /** The start of elapsed times, ISO 8601. */
  start?: string;
  /** The time zone of times without an offset, an IANA name or an offset; without one they are rejected. */
  timezone?: string;
  /** What a local time means that occurs twice when the clocks go back. */
  ambiguous?: 'refuse' | 'earlier' | 'later' | 'infer';
  /** What a local time means that the clocks skip when they go forward. */
  nonexistent?: 'refuse' | 'shift' | 'skip';
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
  /** The decimal separator. */
  decimal?: '.' | ',';
  /** The separator of thousands, which is removed; none by default. */
  thousands?: string;
  /** Texts that stand for a missing value, in all columns, or in one: `COLUMN=TEXT`. */
  nulls?: readonly string[];
  /** Whether NaN is a missing value; by default it is a value only in the form of an export. */
  nan?: 'missing' | 'keep';
}
