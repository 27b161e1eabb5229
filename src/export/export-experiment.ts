import { availableParallelism } from 'node:os';
import { finished, type Writable } from 'node:stream';
import type { ClientBase, Pool } from 'pg';
import { copyRows } from '../database/copy-out.ts';
import { NotFoundError } from '../errors.ts';
import { availableRange } from './available.ts';
import { CSV_HEADER, CsvRows } from './csv-rows.ts';
import { EventColumns, type EventRow } from './event-columns.ts';
import { sliceQuery } from './query.ts';
import { readSlices } from './read-slices.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { checkRequest, type ExportRequest } from './request.ts';
import { planSlices, ROWS_PER_SLICE } from './slices.ts';
import { withSnapshot } from './snapshot.ts';

export type { ExportRequest };

export interface ExportProgress {
  /** Rows written so far. */
  rows: number;
  /** Bytes of CSV written so far, before compression. */
  bytes: number;
  /** The estimated total; never less than `rows`. */
  totalRows: number;
}

export interface ExportOptions {
  /** The maximum number of connections used at once; by default one per processor, up to 4. */
  jobs?: number;
  /** About how many rows a connection reads at a time, 25,000 by default. */
  rowsPerSlice?: number;
  signal?: AbortSignal;
  /** Whether the destination no longer needs a chunk once its callback is called, so that the memory can be reused. */
  reuseMemory?: boolean;
  onProgress?(progress: ExportProgress): void;
}

export interface ExportResult {
  rows: number;
  /** Bytes of CSV, before compression. */
  bytes: number;
  /** If there are no rows: from when to when there are some of these events, if so. */
  available?: { first: string; last: string } | undefined;
}

/**
 * Writes the datapoints of an experiment as CSV to `destination`, without ending it: UTF-8, a header, LF line ends,
 * ordered by (timestamp, id), as of the time of the call. Several connections read slices of time in parallel; the bytes do
 * not depend on how many. Memory use is constant at any size: a slow destination applies backpressure to the server.
 *
 * Timestamps are written as `2026-01-01T00:00:00.500000+00:00`, always in UTC, with six digits or no fraction; those outside
 * the years 1 to 9999 as PostgreSQL prints them (`infinity`, `0044-03-15 00:00:00+00 BC`).
 *
 * On any failure, or when `signal` is aborted, all queries are cancelled and the call rejects; the pool remains usable.
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { finished } from 'node:stream/promises';
 *
 * const { publicId } = await database.em.findOneOrFail(Experiment, { name: 'Run 7' });
 * const file = createWriteStream('run-7.csv');
 * const { rows } = await exportExperiment(database.pool, { experimentPublicId: publicId }, file);
 * await finished(file.end());
 * console.log(rows);
 * // 5
 * ```
 * @throws NotFoundError for an unknown experiment or event, InvalidInputError for an invalid time
 */
export async function exportExperiment(
  pool: Pool,
  request: ExportRequest,
  destination: Writable,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([failure.signal, options.signal]) : failure.signal;
  const stopWatching = finished(destination, { readable: false }, (error) => {
    failure.abort(error ?? new Error('The destination was closed before the export was complete'));
  });
  try {
    return await withSnapshot(pool, signal, async (snapshot) => {
      await checkRequest(snapshot.leader, request);
      const events = new EventColumns(await eventsOf(snapshot.leader, request));
      const { slices, totalRows } = await planSlices(snapshot.leader, request, options.rowsPerSlice ?? ROWS_PER_SLICE);

      const buffer = new ReorderBuffer(signal, options.reuseMemory ?? false);
      const jobs = Math.min(options.jobs ?? Math.min(4, availableParallelism()), slices.length);
      readSlices(snapshot, jobs, slices, buffer, (client, slice, output) =>
        copyRows(client, sliceQuery(request, slice), new CsvRows(events, output)),
      ).catch((error) => failure.abort(error));

      const written = { rows: 0, bytes: CSV_HEADER.length };
      await write(destination, CSV_HEADER);
      for await (const chunk of buffer.chunks()) {
        await write(destination, chunk.bytes.subarray(0, chunk.length));
        written.rows += chunk.rows;
        written.bytes += chunk.length;
        buffer.release(chunk);
        options.onProgress?.({ ...written, totalRows: Math.max(totalRows, written.rows) });
      }
      return written.rows > 0 ? written : { ...written, available: await availableRange(snapshot.leader, request) };
    });
  } finally {
    stopWatching();
  }
}

async function eventsOf(client: ClientBase, request: ExportRequest): Promise<EventRow[]> {
  const wanted = request.eventPublicIds;
  const { rows } = await client.query<EventRow>(
    'select public_id, name, unit from events where $1::varchar[] is null or public_id = any ($1)',
    [wanted],
  );
  const found = new Set(rows.map((event) => event.public_id));
  const missing = wanted?.find((publicId) => !found.has(publicId));
  if (missing !== undefined) {
    throw new NotFoundError(`There is no event ${missing}.`);
  }
  return rows;
}

/** Resolves when the stream has accepted the bytes, which applies backpressure to the server. */
function write(destination: Writable, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    destination.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
