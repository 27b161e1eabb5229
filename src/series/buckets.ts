import type { ClientBase, QueryArrayResult } from 'pg';
import { withSettings } from '../database/session.ts';
import { isoTimestamp } from '../entities/types.ts';
import { selection, timeOf } from '../export/query.ts';
import type { ExportRequest } from '../export/request.ts';
import type { Bucket, Curve, Curves, SeriesEvent } from './model.ts';

/** Which curves are read, in the order in which they are wanted, and over which time. */
export interface CurvesRequest {
  events: readonly SeriesEvent[];
  /** Whose datapoints; its events and its time range are replaced by those of the curves. */
  selection: ExportRequest;
  /** In seconds since 1970, `to` exclusive. */
  from: number;
  to: number;
  /** How many buckets there are, at most. */
  columns: number;
}

/**
 * The groups do not fit into the memory that PostgreSQL has by default, for it overestimates their number; sorting instead takes
 * three times as long.
 */
const FAST = { work_mem: '64MB', jit: 'off', enable_sort: 'off' };

/** The server refuses sums that overflow: of these magnitudes no sum can. */
const SUMMABLE = 1e290;

/** Event, first and last time, finite values, least, greatest, sum, NaN, all datapoints. */
type BucketRow = [string, number, number, number, number | null, number | null, number | null, number, number];

/**
 * Reads the least and the greatest value of each event in each bucket of time, so that no peak is lost however few buckets there
 * are. One statement, within the transaction that the client is in.
 */
export async function readCurves(client: ClientBase, request: CurvesRequest): Promise<Curves> {
  const { events, from, columns } = request;
  const [start, end] = [microsecondsOf(from), microsecondsOf(request.to)];
  const width = (end - start + BigInt(columns) - 1n) / BigInt(columns) || 1n;
  const curves = new Map(events.map((event) => [event.publicId, { event, buckets: [] } as Curve]));
  const range = { from: timeOf(start), to: timeOf(end), eventPublicIds: [...curves.keys()] };
  if (events.length > 0) {
    const sql = bucketsSql({ ...request.selection, ...range }, start, width);
    const { rows } = await withSettings(client, FAST, async () => {
      const result: QueryArrayResult<BucketRow> = await client.query({ text: sql, rowMode: 'array' });
      return result;
    });
    for (const row of rows.sort((a, b) => a[1] - b[1])) {
      curves.get(row[0])?.buckets.push(bucketOf(row));
    }
  }
  return { from, to: secondsOf(end), width: secondsOf(width), curves: [...curves.values()] };
}

/** Joins nothing and orders nothing, which the server would do for each datapoint. NaN is greater than all other values. */
function bucketsSql(selected: ExportRequest, start: bigint, width: bigint): string {
  return `
    select event_public_id, extract(epoch from min(timestamp))::float8, extract(epoch from max(timestamp))::float8,
           count(finite)::float8, min(finite), max(finite), sum(finite) filter (where abs(finite) < ${SUMMABLE}),
           (count(*) filter (where value = 'NaN'))::float8, count(*)::float8
      from (
        select d.event_public_id, d.timestamp, d.value, case when abs(d.value) < 'Infinity' then d.value end as finite,
               date_bin('${width} microseconds', d.timestamp, timestamptz '${timeOf(start)}') as bucket
          from datapoints d where ${selection(selected)}
      ) d
     group by event_public_id, bucket`;
}

function bucketOf([, first, last, count, min, max, sum, nan, all]: BucketRow): Bucket {
  if (min === null || max === null) {
    return { first, last, count, min: undefined, max: undefined, mean: undefined, nan, infinite: all - nan };
  }
  const isSummed = Math.max(Math.abs(min), Math.abs(max)) < SUMMABLE;
  const mean = isSummed && sum !== null ? Math.min(Math.max(sum / count, min), max) : undefined;
  return { first, last, count, min, max, mean, nan, infinite: all - count - nan };
}

/** Microseconds since 1970, as PostgreSQL has them, of seconds. */
export function microsecondsOf(seconds: number): bigint {
  const whole = Math.floor(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((seconds - whole) * 1e6));
}

/** Returns a time in seconds since 1970 as a row of the database has it. */
export function isoOf(seconds: number): string {
  return isoTimestamp(timeOf(microsecondsOf(seconds)));
}

function secondsOf(microseconds: bigint): number {
  return Number(microseconds) / 1e6;
}
