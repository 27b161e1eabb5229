import { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { type Snapshot, withSnapshot } from '../database/snapshot.ts';
import { compressionFor } from '../files/compression.ts';
import { defined } from '../text/defined.ts';
import { type ExportOptions, type ExportResult, exportExperiment } from './export-experiment.ts';
import { prepareForm, resolveForm } from './export-form.ts';
import { extentOf } from './extent.ts';
import { type Slice, timeOf } from './query.ts';
import { checkRequest, type ExportRequest } from './request.ts';
import { planSlices, ROWS_PER_SLICE } from './slices.ts';

/** So many slices are exported to estimate the others. */
const SAMPLES = 3;
/** So that several connections share a sample, as they share the export. */
const SLICES_PER_SAMPLE = 4;

/** What an export would write. */
export interface ExportEstimate {
  /** Whether rows, datapoints and bytes are exact: of few datapoints, all are exported, into nothing. */
  isExact: boolean;
  rows: number;
  datapoints: number;
  /** Of the file, compressed if it is. */
  bytes: number;
  seconds: number;
  /** Titles. */
  columns: string[];
  /** No datapoint is earlier or later; those of other events may be. `undefined` if unknown. */
  first?: string;
  last?: string;
}

/**
 * Estimates an export from a sample of its datapoints, and writes nothing.
 * @param path the name of the file, which says how it is compressed
 * @throws as `exportExperiment`
 */
export async function estimateExport(
  pool: Pool,
  request: ExportRequest,
  path: string,
  options: Pick<ExportOptions, 'form' | 'jobs' | 'prepare'> & { signal: AbortSignal },
): Promise<ExportEstimate> {
  const { signal } = options;
  const plan = async ({ leader }: Snapshot) => {
    const checked = await checkRequest(leader, request);
    const range = await extentOf(leader, checked);
    const { shape } = await prepareForm(leader, { request: checked, extent: range }, resolveForm(options.form));
    const cut = (at: bigint) => shape.cut?.(at) ?? at;
    const limited = request.eventPublicIds !== undefined;
    const planned = planSlices(range, { rowsPerSlice: ROWS_PER_SLICE, cut, limited });
    return { extent: range, slices: planned, columns: shape.columns.map(({ title }) => title), resolved: checked };
  };
  const { extent, slices, columns, resolved } = await withSnapshot(pool, signal, plan, options);
  const isExact = slices.length <= SAMPLES;
  const sum = { rows: 0, datapoints: 0, bytes: 0, seconds: 0 };
  for (const slice of isExact ? [{}] : spread(slices)) {
    const started = performance.now();
    const sampled = await measured(path, async (stream) => {
      const how = { ...options, rowsPerSlice: ROWS_PER_SLICE / SLICES_PER_SAMPLE };
      return await exportExperiment(pool, { ...resolved, ...timesOf(slice) }, stream, how);
    });
    sum.rows += sampled.rows;
    sum.datapoints += sampled.datapoints;
    sum.bytes += sampled.bytes;
    sum.seconds += (performance.now() - started) / 1000;
  }
  const scale = isExact ? 1 : extent.rows / Math.max(1, sum.datapoints);
  const [first, last] = [extent.first, extent.last].map((at) => (at === undefined ? undefined : timeOf(at)));
  return {
    isExact,
    rows: Math.round(sum.rows * scale),
    datapoints: Math.round(sum.datapoints * scale),
    bytes: Math.round(sum.bytes * scale),
    seconds: sum.seconds * scale,
    columns,
    ...defined({ first, last }),
  };
}

/** The first, the last, and those between them at equal distances. */
function spread(slices: readonly Slice[]): Slice[] {
  return Array.from({ length: SAMPLES }, (_, at) => {
    return slices[Math.round((at * (slices.length - 1)) / (SAMPLES - 1))] ?? {};
  });
}

function timesOf({ from, to }: Slice): { from?: string; to?: string } {
  return defined({
    from: from === undefined ? undefined : timeOf(from),
    to: to === undefined ? undefined : timeOf(to),
  });
}

/** Calls `work` with a stream into nothing; returns its result, with the bytes of a file of that name. */
async function measured(
  path: string,
  work: (stream: Writable) => Promise<ExportResult>,
): Promise<ExportResult & { bytes: number }> {
  let bytes = 0;
  const counting = new Writable({
    write(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      done();
    },
  });
  const compression = compressionFor(path);
  const written = compression ? pipeline(compression, counting) : finished(counting);
  // It also rejects when `work` does, whose error is the one to report.
  written.catch(() => {});
  const stream = compression ?? counting;
  try {
    const result = await work(stream);
    stream.end();
    await written;
    return { ...result, bytes };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}
