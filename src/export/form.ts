import type { RowSink } from '../database/copy-out.ts';
import type { Extent } from './extent.ts';
import type { Slice } from './query.ts';
import type { Chunk, SliceBuffer } from './reorder-buffer.ts';

/** A column of the exported file. */
export interface Column {
  title: string;
  /**
   * A `text` is written by `RecordEncoder.cell`, an `id`, which differs from record to record, by `RecordEncoder.text`; a `key`
   * is a whole number.
   */
  kind: 'time' | 'text' | 'number' | 'id' | 'key';
  /** Whether the times mostly grow by the same, which takes longer to write and a fraction of the space. */
  steady?: boolean;
}

/** Turns the rows of a query into records. */
export interface RecordRows extends RowSink {
  /** Called after the last row: writes what is still held back. */
  end(): Promise<void> | undefined | void;
}

/**
 * What is read of the database, and which records its rows become. A shape knows nothing of the bytes in the file, and an encoding
 * nothing of the database: each goes with each.
 */
export interface Shape {
  readonly columns: readonly Column[];
  /** Returns the COPY, in the text format, for the rows of one slice. */
  query(slice: Slice): string;
  rows(encoder: RecordEncoder): RecordRows;
  /**
   * Whether a record may depend on rows of earlier slices, so that all rows go through one `rows`, in order. Otherwise each slice
   * has its own.
   */
  readonly inSequence?: boolean;
  /** Moves a cut between slices, in microseconds since 1970, to where it may be. */
  cut?(at: bigint): bigint;
  /** Returns about how many rows are read of the datapoints in a time range; all of them by default. */
  rowsRead?(extent: Extent): number;
}

/** How records become the bytes of a file. */
export interface Encoding {
  /** Whether a record depends on earlier ones, such as by its number, so that all go through one encoder, in order. */
  readonly inSequence?: boolean;
  /** What precedes the first record. */
  head(columns: readonly Column[]): Buffer;
  /** Encodes a text that occurs often, such as the name of an event, once, for `RecordEncoder.cell`. */
  cell(text: string | null): Buffer;
  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder;
  /**
   * Makes the file of the encoded records, where that is more than one after the other. A chunk is valid until the next is asked
   * for.
   */
  assemble?(chunks: AsyncIterable<Chunk>): AsyncIterable<Chunk>;
}

/** What is written otherwise than it is in the database. */
export interface Changes {
  /** Texts that a spreadsheet would run as formulas. */
  formulas: number;
  /** Times of which only the milliseconds are written. */
  cutTimes: number;
  /** Datapoints that share a cell with an earlier one. */
  duplicates: number;
  /** Values of buckets that are not a number, which are left out. */
  nanValues: number;
  /** Buckets of an event that are left out, because they have too few values. */
  sparseBuckets: number;
  /** Gaps that are too long to be interpolated. */
  longGaps: number;
  /** Cells that are not interpolated, because there is no line from or to infinity. */
  unfilledCells: number;
}

/** Writes records, cell by cell, in the order of the columns. Cells are given as PostgreSQL prints them in the text format of COPY. */
export interface RecordEncoder {
  /** @param bytes at least the length of all cells of the record together, as they are given */
  begin(bytes: number): void;
  /** Such as `2026-01-01 00:00:00.5+00`. */
  time(bytes: Buffer, start: number, end: number): void;
  number(bytes: Buffer, start: number, end: number): void;
  /** A whole number, which is not rounded. */
  count(bytes: Buffer, start: number, end: number): void;
  /** With the escapes of COPY. */
  text(bytes: Buffer, start: number, end: number): void;
  /** @param encoded by the encoding's `cell` */
  cell(encoded: Buffer): void;
  empty(): void;
  /** @param datapoints how many datapoints the record stands for */
  end(datapoints: number): void;
  /** Called after the last record of the file, if the encoding is in sequence. */
  finish?(): void;
  room(): Promise<void> | undefined;
}
