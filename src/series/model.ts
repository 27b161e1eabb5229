import type { EventRow } from '../export/request.ts';

/**
 * What is read of series of datapoints to look at them. Times are in seconds since 1970, exact to the microsecond; values that
 * are NaN or infinite are counted, and belong to no figure.
 */

/** An event whose values are looked at. */
export interface SeriesEvent {
  publicId: string;
  name: string;
  unit: string;
  /** The range in which its values are expected; infinite where it has no limit. */
  minValue: number;
  maxValue: number;
}

/** Returns an event as it is read of the database. */
export function seriesEvent({
  public_id: publicId,
  name,
  unit,
  min_value: minValue,
  max_value: maxValue,
}: EventRow): SeriesEvent {
  return { publicId, name, unit: unit ?? '', minValue, maxValue };
}

/** The values of an event in one column of a drawing. */
export interface Bucket {
  /** The times of its first and last datapoint. */
  first: number;
  last: number;
  /** The number of finite values. */
  count: number;
  /** Of the finite values; `undefined` if there is none. */
  min: number | undefined;
  max: number | undefined;
  mean: number | undefined;
  nan: number;
  infinite: number;
}

/** Buckets in the order of time, which may be made only when they are read. */
export type BucketList = Iterable<Bucket> & { readonly length: number };

/** The buckets of an event in the order of time; those without a datapoint are missing. */
export interface Curve {
  event: SeriesEvent;
  buckets: Bucket[];
}

/** Curves over the same time: bucket number `n` starts at `from + n * width`. */
export interface Curves {
  from: number;
  to: number;
  width: number;
  curves: Curve[];
}

/** A time without datapoints, between the last one before it and the first one after it. */
export interface Gap {
  from: number;
  to: number;
}
