import { availableParallelism } from 'node:os';
import { finished, type Writable } from 'node:stream';
import type { ClientBase, Pool } from 'pg';
import { copyRows } from '../database/copy-out.ts';
import { certainHours } from '../database/hours.ts';
import { type Snapshot, unlessAborted, withSnapshot } from '../database/snapshot.ts';
import { Cuts, contentOf, type ExportCut, restOf } from './cut.ts';
import { type ExportForm, prepareForm, readsHours, resolveForm } from './export-form.ts';
import { availableRange, extentOf } from './extent.ts';
import type { Changes } from './form.ts';
import { inSequence, rawRows } from './in-sequence.ts';
import { readSlices } from './read-slices.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { checkRequest, type ExportRequest } from './request.ts';
import { printTimesIn } from './session-zone.ts';
import { planSlices, ROWS_PER_SLICE } from './slices.ts';

export type { ExportCut, ExportForm, ExportRequest };

export interface ExportProgress {
  /** Rows of the file written so far. */
  rows: number;
  /** The datapoints that they stand for. */
  datapoints: number;
  /** Bytes written so far, before compression. */
  bytes: number;
  /** The estimated number of all datapoints; never less than `datapoints`. */
  totalDatapoints: number;
}

export interface ExportOptions {
  /** By default long CSV with times in the form `fixed`. */
  form?: ExportForm;
  /** The maximum number of connections used at once; by default one per processor, up to 4. */
  jobs?: number;
  /** About how many rows a connection reads at a time, 25,000 by default. */
  rowsPerSlice?: number;
  signal?: AbortSignal;
  /** Called before anything is read, and may make temporary tables, which only one connection then sees. */
  prepare?(client: ClientBase): Promise<void>;
  /** Whether the destination no longer needs a chunk once its callback is called, so that the memory can be reused. */
  reuseMemory?: boolean;
  onProgress?(progress: ExportProgress): void;
  /**
   * Goes on after a cut of an earlier export of the same request and form, whose `bytes` the destination already has.
   * Rejects with a ConflictError if what was exported then has changed.
   */
  after?: ExportCut;
  /** Called now and then, when all datapoints before a time are written. */
  onCut?(cut: ExportCut): void;
}

export interface ExportResult extends Changes {
  /** The rows of the file, without a header. */
  rows: number;
  /** The datapoints that they stand for. */
  datapoints: number;
  /** Bytes before compression. */
  bytes: number;
  /** If there are no datapoints: from when to when there are some of these events, if so. */
  available?: { first: string; last: string } | undefined;
}

/**
 * Writes the datapoints of an experiment, of several, or of all to `destination`, without ending it, ordered by (timestamp, id), as of the time of the
 * call; by default as CSV: UTF-8, a header, LF line ends. Several connections read slices of time in parallel; the bytes do
 * not depend on how many. Memory use is constant at any size: a slow destination applies backpressure to the server.
 *
 * Timestamps are written as `2026-01-01T00:00:00.500000+00:00` unless the form says otherwise; those outside the years 1 to 9999 as PostgreSQL prints them (`infinity`, `0044-03-15 00:00:00+00 BC`).
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
 * @throws NotFoundError for an unknown experiment or event, InvalidInputError for an invalid time, ConflictError for datapoints that
 * would share a cell
 */
export async function exportExperiment(
  pool: Pool,
  request: ExportRequest,
  destination: Writable,
  options: ExportOptions = {},
): Promise<ExportResult> {
  return await unlessClosed(destination, options, async (task) => {
    const work = (snapshot: Snapshot) => transfer(snapshot, request, destination, options, task);
    return await withSnapshot(pool, task.signal, work, { ...options, wantsHours: readsHours(options.form) });
  });
}

/**
 * The same as of a snapshot, which several exports may share, one after the other. If it rejects, the snapshot must be given up,
 * which ends what its connections are doing.
 */
export async function exportFrom(
  snapshot: Snapshot,
  request: ExportRequest,
  destination: Writable,
  options: ExportOptions = {},
): Promise<ExportResult> {
  return await unlessClosed(destination, options, async (task) => {
    return await unlessAborted(task.signal, () => transfer(snapshot, request, destination, options, task));
  });
}

/** What ends an export: `signal` is aborted by `fail`, by the caller, or if the destination is closed. */
interface Task {
  signal: AbortSignal;
  fail(error: unknown): void;
}

async function unlessClosed<T>(
  destination: Writable,
  options: ExportOptions,
  work: (task: Task) => Promise<T>,
): Promise<T> {
  const failure = new AbortController();
  const fail = (error: unknown) => failure.abort(error);
  const signal = options.signal ? AbortSignal.any([failure.signal, options.signal]) : failure.signal;
  const stopWatching = finished(destination, { readable: false }, (error) => {
    fail(error ?? new Error('The destination was closed before the export was complete'));
  });
  try {
    return await work({ signal, fail });
  } finally {
    stopWatching();
  }
}

async function transfer(
  snapshot: Snapshot,
  request: ExportRequest,
  destination: Writable,
  options: ExportOptions,
  { signal, fail }: Task,
): Promise<ExportResult> {
  const form = resolveForm(options.form);
  const { after, onCut } = options;
  const resolved = await checkRequest(snapshot.leader, request);
  const extent = await extentOf(snapshot.leader, resolved);
  const hours = snapshot.hasHours && readsHours(form) ? await certainHours(snapshot.leader, resolved) : [];
  const { shape, encoding, changes } = await prepareForm(snapshot.leader, { request: resolved, extent, hours }, form);
  const head = encoding.head(shape.columns);
  const isCut = onCut !== undefined || after !== undefined;
  const cuts = isCut ? await Cuts.of(snapshot.leader, resolved, { shape, encoding, head }, after) : undefined;
  const rest = after ? await extentOf(snapshot.leader, restOf(resolved, after)) : extent;
  const planned = planSlices(
    { ...rest, rows: shape.rowsRead?.(rest) ?? rest.rows },
    {
      rowsPerSlice: options.rowsPerSlice ?? ROWS_PER_SLICE,
      cut: (at) => shape.cut?.(at) ?? at,
      limited: request.eventPublicIds !== undefined,
    },
  );

  const slices = after ? planned.map((slice) => ({ from: BigInt(after.before), ...slice })) : planned;
  const encoded = new ReorderBuffer(signal, options.reuseMemory ?? false);
  const isInSequence = shape.inSequence === true || encoding.inSequence === true;
  const read = isInSequence ? new ReorderBuffer(signal, true) : encoded;
  const jobs = Math.min(options.jobs ?? Math.min(4, availableParallelism()), slices.length);
  readSlices(snapshot, jobs, slices, read, async (client, slice, output) => {
    await printTimesIn(client, form.time);
    const rows = isInSequence ? rawRows(output) : shape.rows(encoding.encoder(shape.columns, output));
    await copyRows(client, shape.query(slice), rows);
    await rows.end();
    return cuts && slice.to !== undefined
      ? { before: slice.to, content: await contentOf(client, resolved, slice) }
      : undefined;
  }).catch(fail);
  if (isInSequence) {
    const output = encoded.openSlice();
    encoded.complete();
    const encoder = encoding.encoder(shape.columns, output);
    inSequence(read, shape.rows(encoder))
      .then(() => {
        encoder.finish?.();
        output.end();
      })
      .catch(fail);
  }

  const written = {
    rows: after?.rows ?? 0,
    datapoints: after?.datapoints ?? 0,
    bytes: after?.bytes ?? head.length,
  };
  const totalDatapoints = written.datapoints + rest.rows;
  if (after === undefined) {
    await write(destination, head);
  }
  const chunks = encoded.chunks();
  for await (const chunk of encoding.assemble?.(chunks) ?? chunks) {
    await write(destination, chunk.bytes.subarray(0, chunk.length));
    written.rows += chunk.rows;
    written.datapoints += chunk.datapoints;
    written.bytes += chunk.length;
    if (cuts && chunk.end) {
      onCut?.(cuts.next(chunk.end, written));
    }
    options.onProgress?.({ ...written, totalDatapoints: Math.max(totalDatapoints, written.datapoints) });
  }
  const isEmpty = written.datapoints === 0;
  const available = isEmpty ? await availableRange(snapshot.leader, resolved) : undefined;
  return { ...written, ...changes, ...(available && { available }) };
}

/** Resolves when the stream has accepted the bytes, which applies backpressure to the server. */
function write(destination: Writable, bytes: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    destination.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
