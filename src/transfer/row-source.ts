import type { Field, TableFields } from './mapping.ts';

/** Where rows come from: a database, or a backup. */
export interface RowSource {
  /** The same for an unchanged source, so that an interrupted copy is resumed from it only. */
  identity: string;
  tables: readonly TableFields<Pick<Field, 'property'>>[];
  count(table: string): Promise<number>;
  /** Yields the rows of a table, with these properties, in the text format of COPY and ordered by id. */
  read(table: string, properties: readonly string[]): AsyncIterable<Buffer>;
}

/** How many rows of a table are copied, and what is done after the last one. */
export interface TransferProgress {
  table: string;
  rows: number;
  bytes: number;
  totalRows?: number;
  doing?: string;
}

export interface ReceiveOptions {
  signal: AbortSignal;
  /** Only checks that the target can receive the rows. */
  dryRun?: boolean;
  /** Called while a table is copied. */
  onProgress?(progress: TransferProgress): void;
}
