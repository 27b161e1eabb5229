import type { ClientBase } from 'pg';
import { EXPLAIN, type Plan, plannedRows } from '../database/total.ts';
import { microseconds, selection } from './query.ts';
import type { ExportRequest } from './request.ts';

/** The timestamps that can be calculated with, unlike `infinity`. */
const FINITE = `between '0001-01-01' and '9999-12-31'`;
/** Fewer rows are counted, quickly by the index; more are estimated. */
const COUNTED_BELOW = 200_000;

/** A `bigint` of PostgreSQL, which may be larger than a number can express. */
type Whole = number | string;

/** The time range and number of rows to export. */
export interface Extent {
  /** The first and the last finite timestamp, in microseconds since 1970; `undefined` if there is none. */
  first: bigint | undefined;
  last: bigint | undefined;
  /** Whether there may be rows with other timestamps. */
  beyond: boolean;
  /** The estimated number of rows. */
  rows: number;
}

export async function extentOf(client: ClientBase, request: ExportRequest): Promise<Extent> {
  return (await hasTimeIndex(client)) ? await probedExtent(client, request) : await countedExtent(client, request);
}

/** Whether an index returns the datapoints of an experiment ordered by time. */
export async function hasTimeIndex(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_index i
     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and a.attname = 'experiment_public_id'
     join pg_attribute b on b.attrelid = i.indrelid and b.attnum = i.indkey[1] and b.attname = 'timestamp'
     where i.indrelid = 'datapoints'::regclass and i.indisvalid and i.indpred is null`,
  );
  return rowCount !== 0;
}

/**
 * Probes both ends of the index and uses the planner's estimate: cheap at any size. With the experiment as a separate
 * condition, the planner might instead scan the timestamps of the whole table for its first one.
 */
export async function probedExtent(client: ClientBase, request: ExportRequest): Promise<Extent> {
  const { experimentPublicId, from, to } = request;
  const first = (bound: string) => probe('>=', `coalesce($2, '${bound}')`, 'asc');
  const last = (bound: string) => probe(to === undefined ? '<=' : '<', `coalesce($3, '${bound}')`, 'desc');
  const { rows } = await client.query<{ first: Whole | null; last: Whole | null; beyond: boolean }>(
    `select ${microseconds(first('0001-01-01'))} as first,
            ${microseconds(last('9999-12-31'))} as last,
            coalesce(${first('-infinity')} < '0001-01-01', false)
              or coalesce(${last('infinity')} > '9999-12-31', false) as beyond`,
    [experimentPublicId, from, to],
  );
  const found = rows[0] ?? { first: null, last: null, beyond: false };
  return { ...timesOf(found.first, found.last), beyond: found.beyond, rows: await rowsOf(client, request) };
}

/** Returns SQL for the first or last timestamp of the experiment on one side of a bound. */
function probe(comparison: string, bound: string, direction: 'asc' | 'desc'): string {
  return `(select timestamp from (
      select experiment_public_id, timestamp from datapoints
      where (experiment_public_id, timestamp) ${comparison} ($1::varchar, ${bound}::timestamptz)
      order by experiment_public_id ${direction}, timestamp ${direction} limit 1
    ) as nearest where experiment_public_id = $1::varchar)`;
}

async function rowsOf(client: ClientBase, request: ExportRequest): Promise<number> {
  const { rows } = await client.query<Plan>(`${EXPLAIN} select from datapoints d where ${selection(request)}`);
  const estimate = plannedRows(rows);
  // The index does not cover a filter by event.
  if (estimate >= COUNTED_BELOW || request.eventPublicIds !== undefined) {
    return estimate;
  }
  const counted = await client.query<{ rows: number | string }>(
    `select count(*) as rows from datapoints d where ${selection(request)}`,
  );
  return Number(counted.rows[0]?.rows);
}

/**
 * Reads all rows once: without an index PostgreSQL would scan the timestamps of the whole table for the first match.
 */
export async function countedExtent(client: ClientBase, request: ExportRequest): Promise<Extent> {
  const { rows } = await client.query<{ first: Whole | null; last: Whole | null; finite: Whole; total: Whole }>(
    `select ${microseconds(`min(d.timestamp) filter (where d.timestamp ${FINITE})`)} as first,
            ${microseconds(`max(d.timestamp) filter (where d.timestamp ${FINITE})`)} as last,
            count(*) filter (where d.timestamp ${FINITE}) as finite,
            count(*) as total
     from datapoints d where ${selection(request)}`,
  );
  const { first, last, finite, total } = rows[0] ?? { first: null, last: null, finite: '0', total: '0' };
  return { ...timesOf(first, last), beyond: finite !== total, rows: Number(total) };
}

function timesOf(first: Whole | null, last: Whole | null): Pick<Extent, 'first' | 'last'> {
  return first === null || last === null || BigInt(first) > BigInt(last)
    ? { first: undefined, last: undefined }
    : { first: BigInt(first), last: BigInt(last) };
}
