/** The order in which numbers are added up is seen in their last digits: so it is not that in which rows are stored. */
const IN_ORDER = 'value order by timestamp, id';

/** What becomes of the values of a bucket, in SQL of the `value`, which is null for NaN. */
const SQL = {
  // The same as avg, which fails for values whose squares are not numbers, such as 1e200.
  mean: `sum(${IN_ORDER}) / count(value)`,
  min: 'min(value)',
  max: 'max(value)',
  first: nearest('min'),
  last: nearest('max'),
  count: 'count(value)',
  stddev: `stddev_samp(${IN_ORDER})`,
  median: `${middle(1)} / 2 + ${middle(2)} / 2`,
} as const;

export type Aggregate = keyof typeof SQL;
// Object.keys returns strings.
export const AGGREGATES = Object.keys(SQL) as Aggregate[];
export const DEFAULT_AGGREGATES: readonly Aggregate[] = ['mean'];

/** Returns the SQL of an aggregate of the datapoints `d` with their `bucket`. */
export function aggregateSql(aggregate: Aggregate): string {
  return SQL[aggregate];
}

/** Those that hours have without any rounding, in SQL of the columns of `HOURS`. */
const OF_HOURS: Partial<Record<Aggregate, string>> = { min: 'min(low)', max: 'max(high)', count: 'sum(count - nan)' };

/** Returns the SQL of an aggregate of hours; undefined if it might differ from that of their datapoints. */
export function aggregateOfHours(aggregate: Aggregate): string | undefined {
  return OF_HOURS[aggregate];
}

/** Arrays are compared by their elements in turn. An array of all values, in order, would have to fit into memory. */
function nearest(extreme: 'min' | 'max'): string {
  return `(${extreme}(array[date_part('epoch', timestamp - bucket), id, value]) filter (where value is not null))[3]`;
}

/** One of the two values in the middle, or the one: `percentile_cont` makes NaN of infinity and a number. */
function middle(place: 1 | 2): string {
  return `(percentile_disc(array[0.5, 0.5 + 1e-12]) within group (order by value))[${place}]`;
}
