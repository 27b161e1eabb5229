import type { ClientBase } from 'pg';
import { rowsOfEvents } from '../../database/distributed.ts';
import { besideHours, HOURS, type Hours } from '../../database/hours.ts';
import { InvalidInputError } from '../../errors.ts';
import { counted } from '../../text/counted.ts';
import { timeZone } from '../../text/time-zone.ts';
import { BucketGrid, MICROSECONDS, secondsOf } from '../bucket-grid.ts';
import type { Extent } from '../extent.ts';
import type { Changes, Encoding } from '../form.ts';
import { selection, sliceSelection, timeOf } from '../query.ts';
import type { EventRow, ExportRequest } from '../request.ts';
import { AGGREGATES, type Aggregate, DEFAULT_AGGREGATES } from './aggregates.ts';
import { Buckets } from './buckets.ts';
import type { BucketRange, Fill } from './filling.ts';
import { type HeaderStyle, titledEvents } from './titled-events.ts';

/** 36,500 days. */
const MAX_SECONDS = 36_500 * 86_400;

/** One record for each event and bucket of time that has values. Buckets start where the clocks show a multiple of their length. */
export interface BucketForm {
  kind: 'buckets';
  /** The length of a bucket in whole seconds, up to 36,500 days; from a day on, some are an hour longer or shorter. */
  seconds: number;
  /** The time zone of the clocks, such as `Europe/Berlin`. */
  timezone: string;
  /** The mean by default. */
  aggregates?: readonly Aggregate[];
  /** What replaces missing buckets of an event between its first and its last one: they are left out by default. */
  fill?: Fill;
  /** The values that a bucket of an event needs, or it is missing; 1 by default. */
  minCount?: number;
  /** One record for each bucket, with columns for each event. */
  wide?: boolean;
  headerStyle?: HeaderStyle;
}

/** Many more would make too many ranges. */
const MANY = 100;

/**
 * @param hours those that can be read instead of their datapoints, of a form that fits them
 * @param timezone of the times in the file
 * @throws InvalidInputError unless the form is valid and all datapoints have a bucket
 */
export async function bucketsOf(
  client: ClientBase,
  { request, extent, hours }: { request: ExportRequest; extent: Extent; hours: readonly Hours[] },
  form: BucketForm,
  { timezone = 'UTC', ...output }: { encoding: Encoding; changes: Changes; timezone: string | undefined },
): Promise<Buckets> {
  const {
    seconds,
    aggregates = DEFAULT_AGGREGATES,
    fill = 'none',
    minCount = 1,
    wide = false,
    headerStyle = 'name-unit',
  } = form;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw new InvalidInputError(
      'The length of a bucket must be a whole number of seconds, from 1 second to 36,500 days.',
    );
  }
  if (aggregates.length === 0 || !aggregates.every((aggregate) => AGGREGATES.includes(aggregate))) {
    throw new InvalidInputError(`Aggregates must be some of ${AGGREGATES.join(', ')}.`);
  }
  await checkFinite(client, request, extent);
  const { first = 0n, last = 0n } = extent;
  const grid = new BucketGrid(
    timeZone(form.timezone, 'The time zone of the buckets'),
    seconds,
    secondsOf(first),
    secondsOf(last),
  );
  const events = await titledEvents(client, request, extent, headerStyle);
  const ranges = fill === 'none' ? [] : await rangesOf(client, request, extent, events, grid);
  const zone = timeZone(timezone, 'The time zone of the file');
  const usable = await usableHours(client, request, { hours, grid, aggregates });
  const options = { grid, events, aggregates, wide, headerStyle, minCount, fill, ranges, zone, hours: usable };
  return new Buckets(request, options, output);
}

/** Returns the hours of which the buckets are the same as those of their datapoints, to the last byte. */
async function usableHours(
  client: ClientBase,
  request: ExportRequest,
  { hours, grid, aggregates }: { hours: readonly Hours[]; grid: BucketGrid; aggregates: readonly Aggregate[] },
): Promise<Hours[]> {
  const usable = hours.flatMap((range) => grid.ofHours(range));
  const [first, last] = [usable[0], usable.at(-1)];
  if (first === undefined || last === undefined || aggregates.every((aggregate) => aggregate === 'count')) {
    return usable;
  }
  // Which of both zeros is the least of a bucket depends on the order of its datapoints.
  const { from: _from, to: _to, ...others } = request;
  const { rows } = await client.query<{ at: string }>(
    `select distinct extract(epoch from d.timestamp)::bigint::text as at from ${HOURS} d
      where has_negative_zero and (low = 0 or high = 0) and ${sliceSelection(others, { from: first.from, to: last.to })}
      limit ${MANY + 1}`,
  );
  if (rows.length > MANY) {
    return [];
  }
  const starts = new Set(rows.map(({ at }) => grid.startOf(Number(at))));
  const other = [...starts]
    .sort((one, next) => one - next)
    .map((start) => ({ from: BigInt(start) * MICROSECONDS, to: BigInt(grid.next(start)) * MICROSECONDS }));
  return usable.flatMap((range) =>
    besideHours(
      other.filter(({ from, to }) => from >= range.from && to <= range.to),
      range,
    ),
  );
}

async function checkFinite(client: ClientBase, request: ExportRequest, { beyond }: Extent): Promise<void> {
  if (!beyond) {
    return;
  }
  const { rows } = await client.query<{ count: string | number }>(
    `select (select count(*) from datapoints d where ${selection(request)} and d.timestamp < '0001-01-01')
          + (select count(*) from datapoints d where ${selection(request)} and d.timestamp > '9999-12-31') as count`,
  );
  const count = Number(rows[0]?.count);
  if (count > 0) {
    throw new InvalidInputError(
      `${counted(count, 'datapoint')} cannot be put into buckets: outside of the years 1 to 9999, such as at infinity.`,
      { hint: 'To leave them out, pass --from 0001-01-01T00:00Z --to 9999-12-31T00:00Z.' },
    );
  }
}

/** Returns the bucket of the first and of the last datapoint of each event. */
async function rangesOf(
  client: ClientBase,
  request: ExportRequest,
  { first, last }: Extent,
  events: readonly EventRow[],
  grid: BucketGrid,
): Promise<(BucketRange | undefined)[]> {
  if (first === undefined || last === undefined) {
    return events.map(() => undefined);
  }
  // Compared by both columns of their index, so that no other one is used.
  const nearest = (direction: string, only: string) => `(
    select floor(extract(epoch from d.timestamp))::bigint from datapoints d
    where ${only} and (d.event_public_id, d.timestamp) >= (e.public_id, $2::timestamptz)
      and (d.event_public_id, d.timestamp) <= (e.public_id, $3::timestamptz) and ${selection(request)}
    order by d.event_public_id ${direction}, d.timestamp ${direction} limit 1)`;
  const ranges = await rowsOfEvents(client, events, async (some, only = 'true') => {
    const { rows } = await client.query<{ first: string | number | null; last: string | number | null }>(
      `select ${nearest('asc', only)} as first, ${nearest('desc', only)} as last
       from unnest($1::varchar[]) with ordinality as e (public_id, place) order by place`,
      [some.map((event) => event.public_id), timeOf(first), timeOf(last)],
    );
    return rows;
  });
  return ranges.map((range) =>
    range.first === null || range.last === null
      ? undefined
      : { first: grid.startOf(Number(range.first)), last: grid.startOf(Number(range.last)) },
  );
}
