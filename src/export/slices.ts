import type { Extent } from './extent.ts';
import type { Slice } from './query.ts';

/** Large enough that starting a slice costs little, small enough that several fit into memory. */
export const ROWS_PER_SLICE = 25_000;

export interface SliceOptions {
  rowsPerSlice: number;
  /** Moves a cut between two slices, in microseconds since 1970, to where it may be. */
  cut: (at: bigint) => bigint;
  /** Whether a slice that is the only one has limits, which an index may use that has no others of the request. */
  limited: boolean;
}

/**
 * Divides the time range of an export into slices of equal length. They hold about the same number of rows if these come at a
 * steady rate. Rows with the same timestamp are always in the same slice.
 */
export function planSlices(
  { first, last, rows, beyond }: Extent,
  { rowsPerSlice, cut, limited }: SliceOptions,
): Slice[] {
  if (first === undefined || last === undefined) {
    return beyond ? [{}] : [];
  }
  const to = last + 1n;
  const slices = divideEvenly(first, to, BigInt(Math.floor(rows / rowsPerSlice) + 1), cut);
  // Few enough rows for one slice.
  if (slices.length === 1 && (beyond || !limited)) {
    return [{}];
  }
  return beyond ? [{ to: first }, ...slices, { from: to }] : slices;
}

function divideEvenly(from: bigint, to: bigint, wanted: bigint, cut: (at: bigint) => bigint): Slice[] {
  const span = to - from;
  const count = wanted < span ? wanted : span;
  const between = Array.from({ length: Number(count) - 1 }, (_, at) => cut(from + (span * BigInt(at + 1)) / count));
  const cuts = [from, ...new Set(between.filter((at) => at > from && at < to)), to];
  return cuts.slice(1).map((end, at) => ({ from: cuts[at] ?? from, to: end }));
}
