import { defined } from '../text/defined.ts';

/** ISO 8601; `from` is inclusive, `to` is exclusive. */
export interface TimeRange {
  from?: string;
  to?: string;
}

/** The time range as a condition of the ORM on a column; undefined where it has no limits. */
export function rangeCondition({ from, to }: { from?: string | undefined; to?: string | undefined }) {
  return from === undefined && to === undefined ? undefined : defined({ $gte: from, $lt: to });
}
