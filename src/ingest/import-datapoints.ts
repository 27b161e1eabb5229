import { pipeline } from 'node:stream/promises';
import type { ClientBase, Pool } from 'pg';
import { copyFrom } from '../database/copy.ts';
import { failureCode } from '../database/failure.ts';
import { LONG_RUNNING, type Settings, withSession } from '../database/session.ts';
import { identifier } from '../database/sql.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InterruptedError, LockTimeoutError, WebmacsError } from '../errors.ts';
import type { Rejection } from './bad-lines.ts';
import { type Created, Creation, type Extent } from './creation.ts';
import { Duplicates, NO_DUPLICATES, type Settled } from './duplicates.ts';
import type { Block } from './file-rows.ts';
import { checkRequest, type ImportRequest } from './import-request.ts';
import { traceRows, type WrittenRows } from './imports/written-rows.ts';
import { keyMissing, withKeysChecked } from './keys.ts';
import { COPY_COLUMNS } from './row-encoder.ts';
import { type FileSummary, type NamedSource, type Pieces, Sources } from './sources.ts';
import { outOfRangeNotes, Tally } from './tally.ts';
import { type TimestampCounts, timestampNotes } from './time/timestamp-counts.ts';

/**
 * Rows per COPY. The server keeps foreign-key checks in memory until a COPY ends: this size bounds them, and their pages are
 * still in its cache when they are checked.
 */
const ROWS_PER_COPY = 50_000;

const LOCK_TIMEOUT_SECONDS = 60;

const COPY = `copy datapoints (${COPY_COLUMNS.map(identifier).join(', ')}) from stdin`;

export interface ImportProgress {
  rows: number;
  /** Bytes read, as text: of a compressed file, after decompression. */
  bytes: number;
}

export interface ImportOptions {
  signal?: AbortSignal;
  onProgress?(progress: ImportProgress): void;
  /** About how many rows one COPY writes, 50,000 by default; all are in one transaction. */
  rowsPerCopy?: number;
  /**
   * Opens a source without a name a second time. Needed if its first part does not show the order of day and month; without
   * it, such a source is refused.
   */
  again?(): Promise<Pieces>;
  /** How long to wait for other sessions that hold a lock, such as an import of the same events; 60 by default. */
  lockTimeoutSeconds?: number;
  /** Does everything but the commit, and so writes nothing to the database; `beforeCommit` is not called. */
  dryRun?: boolean;
  /** Called after the last row is written, before the transaction commits. If it rejects, nothing is imported. */
  beforeCommit?(written: ImportSummary & WrittenRows): Promise<void>;
}

/** What was imported. */
export interface ImportSummary extends TimestampCounts, Created {
  /** Datapoints written, without the duplicates that were left out. */
  rows: number;
  /** Lines that were rejected, whole or in part. */
  bad: number;
  /** Why values were rejected, and how many. */
  rejections: readonly Rejection[];
  /** Values that are missing; without the empty cells of a file with a column per event. */
  missing: number;
  duplicates: Settled;
  /** How many values of the file are outside of the range of their event, by its name; only events that have some. */
  outOfRange: Record<string, number>;
  /** The earliest and the latest timestamp, ISO 8601 in UTC; `undefined` if there are no rows. */
  first: string | undefined;
  last: string | undefined;
  /** The rows of each file, of those imported by name. */
  files: FileSummary[];
  /** Sentences on how the files were read, where that is not obvious. */
  notes: string[];
}

/**
 * Imports a CSV file, or several by name, into `datapoints`: all rows or, on any failure, none. Lines with a JSON object each are
 * read as CSV whose header is their keys. Files are streamed, one after
 * the other.
 *
 * A file has a header and one of these forms: `timestamp,event,value` (name or public id), the columns of an export in any
 * order, `timestamp,value` with `eventPublicId`, or `timestamp` and one column per event, whose empty cells are skipped.
 * Datapoints of an export keep their public ids.
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 *
 * const events = await database.em.find(Event, {});
 * const { rows, first, last } = await importDatapoints(database.pool, createReadStream('readings.csv'), { events });
 * console.log(rows, first, last);
 * // 2 2026-02-01T00:00:00+00:00 2026-02-01T00:00:01+00:00
 * ```
 * @throws InvalidInputError with the first bad lines and their numbers; ConflictError for datapoints that are there
 * already, or events deleted meanwhile; LockTimeoutError; InterruptedError when `signal` is aborted; failures of the server
 */
export async function importDatapoints(
  pool: Pool,
  source: Pieces | readonly NamedSource[],
  request: ImportRequest,
  options: ImportOptions = {},
): Promise<ImportSummary> {
  const { signal = new AbortController().signal } = options;
  const sources = new Sources(source, options.again);
  request.skipBad?.on('error', (error) => sources.destroy(error));
  try {
    checkRequest(request);
    const tally = new Tally();
    const creation = new Creation(request.create, tally.events);
    const blocks = sources.rows(request, tally, creation, signal);
    const { files } = sources;
    return await importRows(pool, { blocks, tally, creation, request, files }, { ...options, signal });
  } catch (error) {
    throw sources.named(
      signal.aborted ? new InterruptedError('Interrupted; nothing was imported.') : importFailure(error),
    );
  } finally {
    sources.destroy();
  }
}

/** Rows that are about to be imported. */
interface RowsToImport {
  blocks: AsyncGenerator<Block>;
  /** Counts them. */
  tally: Tally;
  creation: Creation;
  request: ImportRequest;
  /** Those with a name that have been read. */
  files: FileSummary[];
}

/** Imports rows in one transaction. */
export async function importRows(
  pool: Pool,
  { blocks, tally, creation, request, files }: RowsToImport,
  { signal, onProgress, beforeCommit, ...options }: ImportOptions & { signal: AbortSignal },
): Promise<ImportSummary> {
  const { rowsPerCopy = ROWS_PER_COPY, lockTimeoutSeconds = LOCK_TIMEOUT_SECONDS, dryRun = false } = options;
  let block = await following(blocks);
  const summary = ({ first, last }: Extent, created: Created, duplicates = NO_DUPLICATES): ImportSummary => {
    const { bad, missing, rejections, timestamps, outOfRange } = tally;
    const rows = tally.rows - duplicates.skipped;
    const notes = [...tally.notes, ...timestampNotes(timestamps), ...outOfRangeNotes(outOfRange)];
    const read = { bad, missing, rejections, outOfRange, ...timestamps };
    return { rows, ...read, duplicates, first, last, ...created, files, notes };
  };
  // A file without rows, or with nothing but bad lines, is done with before the database is asked for anything.
  if (block === undefined) {
    return summary({ first: undefined, last: undefined }, { createdEvents: [], createdExperiment: undefined });
  }
  /** Ends before the first row of an event, which is to be created and locked before. */
  async function* nextRows(): AsyncGenerator<string> {
    for (let rows = 0; block !== undefined && rows < rowsPerCopy && !tally.hasUnwatched && !creation.isDue; ) {
      rows += block.rows;
      yield block.text;
      onProgress?.({ rows: tally.rows, bytes: tally.bytes });
      block = await following(blocks);
    }
  }
  const settings: Settings = {
    ...LONG_RUNNING,
    lock_timeout: Math.max(1, lockTimeoutSeconds * 1000),
    datestyle: 'ISO',
  };
  return await withSession(pool, { settings, dryRun, signal }, async ({ transaction }) =>
    transaction(async (client) => {
      const { onDuplicate = 'error' } = request;
      const experiment = creation.experimentPublicId ?? request.experimentPublicId;
      const trace = await traceRows(client);
      const duplicates = new Duplicates(client, tally, { onDuplicate, lockTimeoutSeconds, trace });
      await duplicates.requirePrivileges();
      await withKeysChecked(client, { events: tally.events, experiment }, async (elsewhere) => {
        while (block !== undefined) {
          if (creation.isDue) {
            await elsewhere(async () => creation.insert(client));
          }
          await duplicates.watch();
          await pipeline(nextRows(), copyFrom(client, COPY), { signal });
        }
      });
      const settled = await duplicates.settle();
      const extremes = settled.skipped === 0 ? tally.extremes : await duplicates.extremes();
      const extent = await range(client, extremes);
      const all = summary(extent, await creation.settle(client, extent), settled);
      signal.throwIfAborted();
      if (dryRun) {
        await client.query('set constraints all immediate');
      } else {
        await beforeCommit?.({ ...all, ...(await trace()) });
      }
      return all;
    }),
  );
}

async function following(blocks: AsyncGenerator<Block>): Promise<Block | undefined> {
  const next = await blocks.next();
  return next.done ? undefined : next.value;
}

async function range(client: ClientBase, timestamps: string[]): Promise<Extent> {
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    `select (min(moment) at time zone 'UTC')::text as first, (max(moment) at time zone 'UTC')::text as last
       from unnest($1::timestamptz[]) as moment`,
    [timestamps],
  );
  const [extremes] = rows;
  return { first: asExported(extremes?.first), last: asExported(extremes?.last) };
}

/** Formats a time in UTC, as the server prints it without an offset, in the way that an export does. */
function asExported(utc: string | null | undefined): string | undefined {
  return utc ? isoTimestamp(utc.replace(/\d(?= BC$|$)/, '$&+00')) : undefined;
}

/** Translates an error of the server during an import. */
export function importFailure(error: unknown): unknown {
  if (error instanceof WebmacsError) {
    return error;
  }
  const detail = error instanceof Error && 'detail' in error ? String(error.detail) : '';
  switch (failureCode(error)) {
    case '23505': {
      // The key may have the column, too, by which the datapoints are stored in several tables.
      const [, more, key] = /\(public_id(, [^)]*)?\)=\((.*)\) already exists/s.exec(detail) ?? [];
      const value = more === undefined ? key : key?.replace(/, [^,]*$/, '');
      return value === undefined
        ? error
        : new ConflictError(`The datapoint "${value}" is already in the database, or twice in the file.`, {
            hint: 'Nothing was imported. To import those that are new, pass --new-ids --on-duplicate skip.',
            cause: error,
            conflict: { entity: 'Datapoint', column: 'public_id', value },
          });
    }
    case '23503':
      return keyMissing(detail, error);
    case '40P01':
      return new LockTimeoutError('This import and another session waited for locks of each other.', {
        hint: 'Nothing was imported. Try again.',
        cause: error,
      });
    default:
      return error;
  }
}
