import type { Row } from '../../cli/output.ts';
import { isoTimestamp } from '../../entities/types.ts';
import type { Reading } from './read.ts';

export const bucketColumns = ['event', 'first', 'last', 'count', 'min', 'max', 'mean', 'nan', 'infinite', 'unit'];

/** What all buckets have in common. */
export function bucketFacts({ curves: { from, to, width }, thresholds }: Reading): Row {
  return {
    ...{ from: timeText(from), to: timeText(to), bucket_seconds: width },
    thresholds: thresholds.map(({ eventPublicId, ...rest }) => ({ event_public_id: eventPublicId, ...rest })),
  };
}

/** Returns the buckets that have datapoints, event by event. */
export function bucketRows({ curves: { curves } }: Reading): Row[] {
  return curves.flatMap(({ event, buckets }) =>
    buckets.map(({ first, last, count, min = null, max = null, mean = null, nan, infinite }) => ({
      ...{ event: event.name, first: timeText(first), last: timeText(last) },
      ...{ count, min, max, mean, nan, infinite, unit: event.unit, event_public_id: event.publicId },
    })),
  );
}

function timeText(seconds: number): string {
  const whole = Math.floor(seconds);
  const fraction = String(Math.round((seconds - whole) * 1e6)).padStart(6, '0');
  return isoTimestamp(`${new Date(whole * 1000).toISOString().slice(0, 19)}.${fraction}+00:00`);
}
