import type { Bucket, Gap } from './model.ts';

/** How many times the sampling interval may pass without a datapoint. */
export const INTERVALS_PER_GAP = 5;

/** Returns the gaps that buckets show: those between the last datapoint of one and the first of the next. */
export function gapsOf(buckets: readonly Bucket[]): Gap[] {
  const longest = INTERVALS_PER_GAP * intervalOf(buckets);
  return buckets.flatMap(({ first: to }, at) => {
    const from = buckets[at - 1]?.last;
    return from !== undefined && to - from > longest ? [{ from, to }] : [];
  });
}

/** Returns the median of the mean intervals within the buckets, and between those of a single datapoint, in seconds. */
function intervalOf(buckets: readonly Bucket[]): number {
  const intervals = buckets.map(({ first, last, count, nan, infinite }, at) => {
    const datapoints = count + nan + infinite;
    return datapoints > 1 ? (last - first) / (datapoints - 1) : first - (buckets[at - 1]?.last ?? first);
  });
  const known = intervals.filter((interval) => interval > 0).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? Number.POSITIVE_INFINITY;
}
