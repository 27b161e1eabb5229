import type { ClientBase } from 'pg';
import { EXPLAIN, type Plan, plannedRows } from '../database/explain.ts';
import { microseconds, selection } from './query.ts';
import type { ExportRequest } from './request.ts';

/** Where PostgreSQL's time can be calculated with: it also knows `infinity`. */
const ORDINARY = `between '0001-01-01' and '9999-12-31'`;
/** To count so many rows by the index takes the server a moment; it need not do so for more. */
const COUNTED_BELOW = 200_000;

/** How much there is to export. */
export interface Extent {
  /** The first and the last ordinary time, in microseconds since 1970; `undefined` where there is none. */
  first: bigint | undefined;
  last: bigint | undefined;
  /** Whether there may be rows of other than ordinary times. */
  beyond: boolean;
  /** About how many rows there are. */
  rows: number;
}

/** Whether there is an index that finds an experiment's datapoints in the order of time. */
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
 * By a look at both ends of the index and the planner's estimate: at no cost, whatever the size. Were the experiment a
 * condition of its own, the planner might walk the whole table's timestamps in search of its first one instead.
 */
export async function probedExtent(client: ClientBase, request: ExportRequest): Promise<Extent> {
  const { experimentPublicId, from, to } = request;
  const first = (bound: string) => probe('>=', `coalesce($2, '${bound}')`, 'asc');
  const last = (bound: string) => probe(to === undefined ? '<=' : '<', `coalesce($3, '${bound}')`, 'desc');
  const { rows } = await client.query<{ first: string | null; last: string | null; beyond: boolean }>(
    `select ${microseconds(first('0001-01-01'))} as first,
            ${microseconds(last('9999-12-31'))} AS last,
            coalesce(${first('-infinity')} < '0001-01-01', false)
              OR coalesce(${last('infinity')} > '9999-12-31', false) AS beyond`,
    [experimentPublicId, from, to],
  );
  const found = rows[0] ?? { first: null, last: null, beyond: false };
  return { ...timesOf(found.first, found.last), beyond: found.beyond, rows: await rowsOf(client, request) };
}

/** SQL for the experiment's first or last timestamp on one side of a bound. */
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
  // By event they are not in the index alone.
  if (estimate >= COUNTED_BELOW || request.eventPublicIds !== undefined) {
    return estimate;
  }
  const counted = await client.query<{ rows: string }>(
    `select count(*) as rows from datapoints d where ${selection(request)}`,
  );
  return Number(counted.rows[0]?.rows);
}

/**
 * By reading all of them once: without an index PostgreSQL would walk the whole table's timestamps in search of the first
 * that matches.
 */
export async function countedExtent(client: ClientBase, request: ExportRequest): Promise<Extent> {
  const { rows } = await client.query<{ first: string | null; last: string | null; ordinary: string; total: string }>(
    `select ${microseconds(`min(d.timestamp) filter (where d.timestamp ${ORDINARY})`)} as first,
            ${microseconds(`max(d.timestamp) filter (where d.timestamp ${ORDINARY})`)} as last,
            count(*) filter (where d.timestamp ${ORDINARY}) as ordinary,
            count(*) AS total
     from datapoints d where ${selection(request)}`,
  );
  const { first, last, ordinary, total } = rows[0] ?? { first: null, last: null, ordinary: '0', total: '0' };
  return { ...timesOf(first, last), beyond: ordinary !== total, rows: Number(total) };
}

function timesOf(first: string | null, last: string | null): Pick<Extent, 'first' | 'last'> {
  return first === null || last === null || BigInt(first) > BigInt(last)
    ? { first: undefined, last: undefined }
    : { first: BigInt(first), last: BigInt(last) };
}
