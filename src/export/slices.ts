import type { ClientBase } from 'pg';
import { countedExtent, type Extent, hasTimeIndex, probedExtent } from './extent.ts';
import type { Slice } from './query.ts';
import type { ExportRequest } from './request.ts';

/** Large enough that starting a slice costs nothing, small enough that some of them fit into memory. */
const ROWS_PER_SLICE = 25_000;

/**
 * Cuts the time of an export into slices with about as many rows each where rows come at a steady rate, and says about
 * how many rows there are. Cuts lie between distinct timestamps, so rows with one timestamp are never torn apart.
 */
export async function planSlices(
  client: ClientBase,
  request: ExportRequest,
): Promise<{ slices: Slice[]; totalRows: number }> {
  const extent = (await hasTimeIndex(client))
    ? await probedExtent(client, request)
    : await countedExtent(client, request);
  return { slices: slicesOf(extent), totalRows: extent.rows };
}

function slicesOf({ first, last, rows, beyond }: Extent): Slice[] {
  if (first === undefined || last === undefined) {
    return beyond ? [{}] : [];
  }
  const to = last + 1n;
  const slices: Slice[] = evenSlices(first, to, BigInt(Math.floor(rows / ROWS_PER_SLICE) + 1));
  // Few enough to be read at once.
  if (slices.length === 1) {
    return [{}];
  }
  return beyond ? [{ to: first }, ...slices, { from: to }] : slices;
}

function evenSlices(from: bigint, to: bigint, wanted: bigint): Slice[] {
  const span = to - from;
  const count = wanted < span ? wanted : span;
  const cut = (at: bigint) => from + (span * at) / count;
  return Array.from({ length: Number(count) }, (_, at) => ({ from: cut(BigInt(at)), to: cut(BigInt(at) + 1n) }));
}
