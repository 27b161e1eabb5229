import { availableParallelism } from 'node:os';
import { finished, type Writable } from 'node:stream';
import type { ClientBase, Pool } from 'pg';
import { copyRows } from '../database/copy-out.ts';
import { NotFoundError } from '../errors.ts';
import { CSV_HEADER, CsvRows } from './csv-rows.ts';
import { EventColumns, type EventRow } from './event-columns.ts';
import { Lanes } from './lanes.ts';
import { sliceQuery } from './query.ts';
import { readSlices } from './read-slices.ts';
import { checkRequest, type ExportRequest } from './request.ts';
import { planSlices } from './slices.ts';
import { withSnapshot } from './snapshot.ts';

export type { ExportRequest };

export interface ExportProgress {
  /** Written so far. */
  rows: number;
  /** Written so far, of CSV before compression. */
  bytes: number;
  /** About how many there will be; never fewer than are written. */
  totalRows: number;
}

export interface ExportOptions {
  /** At most so many connections work at the same time. Default: one a processor, up to 4. */
  jobs?: number;
  signal?: AbortSignal;
  /** Whether the destination is done with what it was given when it calls back: then its memory is used again. */
  reuseMemory?: boolean;
  onProgress?(progress: ExportProgress): void;
}

export interface ExportResult {
  rows: number;
  /** Of CSV, before compression. */
  bytes: number;
}

/**
 * Writes an experiment's datapoints as CSV to `destination`, which it does not end: UTF-8, a header, LF line ends, in
 * the order of (timestamp, id), as they are at the moment of the call. Several connections read slices of time at once;
 * the bytes do not depend on how many. Memory stays the same at any size: a slow destination holds the servers back.
 *
 * Timestamps are `2026-01-01T00:00:00.500000+00:00`, always UTC, with six digits or no fraction; those outside of the
 * years 1 to 9999 are as PostgreSQL prints them (`infinity`, `0044-03-15 00:00:00+00 BC`).
 *
 * Any failure, and `signal`, ends all queries and rejects once; the pool remains usable.
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
 * @throws NotFoundError for an unknown experiment or event, InvalidInputError for an impossible time
 */
export async function exportExperiment(
  pool: Pool,
  request: ExportRequest,
  destination: Writable,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const failure = new AbortController();
  const signal = options.signal ? AbortSignal.any([failure.signal, options.signal]) : failure.signal;
  const forget = finished(destination, { readable: false }, (error) => {
    failure.abort(error ?? new Error('The destination was closed before the export was complete'));
  });
  try {
    return await withSnapshot(pool, signal, async (snapshot) => {
      await checkRequest(snapshot.leader, request);
      const events = new EventColumns(await eventsOf(snapshot.leader, request));
      const { slices, totalRows } = await planSlices(snapshot.leader, request);

      const lanes = new Lanes(signal, options.reuseMemory ?? false);
      const jobs = Math.min(options.jobs ?? Math.min(4, availableParallelism()), slices.length);
      readSlices(snapshot, jobs, slices, lanes, (client, slice, lane) =>
        copyRows(client, sliceQuery(request, slice), new CsvRows(events, lane)),
      ).catch((error) => failure.abort(error));

      const written = { rows: 0, bytes: CSV_HEADER.length };
      await write(destination, CSV_HEADER);
      for await (const chunk of lanes.chunks()) {
        await write(destination, chunk.bytes.subarray(0, chunk.length));
        written.rows += chunk.rows;
        written.bytes += chunk.length;
        lanes.written(chunk);
        options.onProgress?.({ ...written, totalRows: Math.max(totalRows, written.rows) });
      }
      return written;
    });
  } finally {
    forget();
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

/** Resolves when the stream has taken the bytes on, which is what holds the servers back. */
function write(destination: Writable, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    destination.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
