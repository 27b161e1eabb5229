import type { Row } from '../../cli/output.ts';
import { isoOf } from '../../series/buckets.ts';
import type { Reading } from './read.ts';

export const bucketColumns = ['event', 'first', 'last', 'count', 'min', 'max', 'mean', 'nan', 'infinite', 'unit'];

/** What all buckets have in common. */
export function bucketFacts({ curves: { from, to, width }, thresholds }: Reading): Row {
  return {
    ...{ from: isoOf(from), to: isoOf(to), bucket_seconds: width },
    thresholds: thresholds.map(({ eventPublicId, ...rest }) => ({ event_public_id: eventPublicId, ...rest })),
  };
}

/** Returns the buckets that have datapoints, event by event. */
export function bucketRows({ curves: { curves } }: Reading): Row[] {
  return curves.flatMap(({ event, buckets }) =>
    buckets.map(({ first, last, count, min = null, max = null, mean = null, nan, infinite }) => ({
      ...{ event: event.name, first: isoOf(first), last: isoOf(last) },
      ...{ count, min, max, mean, nan, infinite, unit: event.unit, event_public_id: event.publicId },
    })),
  );
}
