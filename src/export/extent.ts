import type { ClientBase } from 'pg';
import { distributionOf } from '../database/distributed.ts';
import { STORAGE_FORM } from '../database/layouts/storage-form.ts';
import { EXPLAIN, type Plan, plannedRows } from '../database/total.ts';
import { microseconds, selection } from './query.ts';
import { type ExportRequest, experimentsNamed } from './request.ts';

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

/** The lists of datapoints in order of time, in an index, that have those of a request among others. */
interface Lists {
  /** What each list has in common; `undefined` for one list of all datapoints. */
  column: 'experiment_public_id' | 'event_public_id' | undefined;
  keys: readonly string[];
  /** Whether they have no others within the time range. */
  exact: boolean;
}

/**
 * Returns the time range and the number of rows of a request.
 * @param isExact whether the time range must not be longer than that of the rows
 */
export async function extentOf(client: ClientBase, request: ExportRequest, isExact = false): Promise<Extent> {
  const lists = listsOf(request);
  const index = lists.exact || !isExact ? await indexOf(client, lists.column) : undefined;
  return await (index ? probedExtent(client, request, lists, index) : countedExtent(client, request));
}

/**
 * Returns the first and the last timestamp, in UTC, that there is of the experiments and events of a request at any time;
 * `undefined` if there is none in the years 1 to 9999.
 */
export async function availableRange(
  client: ClientBase,
  { from, to, ...rest }: ExportRequest,
): Promise<{ first: string; last: string } | undefined> {
  const { first, last } = await extentOf(client, rest, true);
  return first === undefined || last === undefined ? undefined : { first: isoTime(first), last: isoTime(last) };
}

function isoTime(microseconds: bigint): string {
  return new Date(Number(microseconds / 1000n)).toISOString().replace('.000Z', 'Z');
}

function listsOf({ eventPublicIds, ...request }: ExportRequest): Lists {
  const experiments = experimentsNamed(request);
  if (experiments.length > 0) {
    return { column: 'experiment_public_id', keys: experiments, exact: eventPublicIds === undefined };
  }
  const exact = request.experimentPublicId === undefined;
  return eventPublicIds
    ? { column: 'event_public_id', keys: eventPublicIds, exact }
    : { column: undefined, keys: [''], exact };
}

/** An index that returns the datapoints ordered by time, for each value of the column. */
interface Index {
  /** Whether each chunk of a hypertable has its own: a compressed one none of its rows, but both are read in the order of time. */
  inChunks: boolean;
}

/** @returns undefined if there is none: those of several servers have none */
async function indexOf(client: ClientBase, column: Lists['column']): Promise<Index | undefined> {
  const { rows } = await client.query<Index>(
    `select ${STORAGE_FORM} = 'hypertable' as "inChunks" from pg_index i join pg_class c on c.oid = i.indrelid
      where c.oid = 'datapoints'::regclass and ${STORAGE_FORM} <> 'distributed' and i.indisvalid and i.indpred is null
        and (select array_agg(a.attname::text order by place)
               from unnest(i.indkey) with ordinality as k (attnum, place)
               join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
              where place <= cardinality($1::text[])) = $1::text[]`,
    [[column ?? [], 'timestamp'].flat()],
  );
  return rows[0];
}

/**
 * Probes both ends of each list and uses the planner's estimate: cheap at any size. With the key as a separate condition, the
 * planner might instead scan the timestamps of the whole table for its first one.
 */
async function probedExtent(
  client: ClientBase,
  request: ExportRequest,
  lists: Lists,
  { inChunks }: Index,
): Promise<Extent> {
  const { from, to } = request;
  const probe = inChunks ? probeChunks : probeIndex;
  // To plan a probe of many chunks takes longer than the probe: those that leave out other times are seldom needed.
  const within = async (least: string, greatest: string) => {
    const { rows } = await client.query<{ first: Whole | null; last: Whole | null; beyond: boolean }>(
      `select ${microseconds(`min(first) filter (where first ${FINITE})`)} as first,
              ${microseconds(`max(last) filter (where last ${FINITE})`)} as last,
              coalesce(bool_or(first < '0001-01-01' or last > '9999-12-31'), false) as beyond
         from unnest($1::varchar[]) as key
        cross join lateral (
          select ${probe(lists.column, '>=', `coalesce($2, '${least}')`, 'asc')} as first,
                 ${probe(lists.column, to === undefined ? '<=' : '<', `coalesce($3, '${greatest}')`, 'desc')} as last
        ) as list`,
      [lists.keys, from, to],
    );
    return rows[0] ?? { first: null, last: null, beyond: false };
  };
  const { beyond, ...ends } = await within('-infinity', 'infinity');
  const { first, last } = beyond ? await within('0001-01-01', '9999-12-31') : ends;
  return { ...timesOf(first, last), beyond, rows: await rowsOf(client, request, lists) };
}

/** Returns SQL for the first or last timestamp of the list of `key` on one side of a bound. */
function probeIndex(column: Lists['column'], comparison: string, bound: string, direction: 'asc' | 'desc'): string {
  if (column === undefined) {
    return probeChunks(column, comparison, bound, direction);
  }
  return `(select timestamp from (
      select ${column}, timestamp from datapoints
      where (${column}, timestamp) ${comparison} (key, ${bound}::timestamptz)
      order by ${column} ${direction}, timestamp ${direction} limit 1
    ) as nearest where ${column} = key)`;
}

/** The same for TimescaleDB, which reads chunk by chunk until it has found one; `probeIndex` decompresses all of them. */
function probeChunks(column: Lists['column'], comparison: string, bound: string, direction: 'asc' | 'desc'): string {
  return `(select timestamp from datapoints
            where ${column === undefined ? '' : `${column} = key and `}timestamp ${comparison} ${bound}::timestamptz
            order by timestamp ${direction} limit 1)`;
}

async function rowsOf(client: ClientBase, request: ExportRequest, { exact }: Lists): Promise<number> {
  const estimate = await estimatedRows(client, request);
  if (estimate >= COUNTED_BELOW || !exact) {
    return estimate;
  }
  const counted = await client.query<{ rows: number | string }>(
    `select count(*) as rows from datapoints d where ${selection(request)}`,
  );
  return Number(counted.rows[0]?.rows);
}

/** Returns the number of rows that the planner expects; 0 where they are on several servers, whose planner does not know. */
export async function estimatedRows(client: ClientBase, request: ExportRequest): Promise<number> {
  if ((await distributionOf(client, 'datapoints')) !== undefined) {
    return 0;
  }
  const { rows } = await client.query<Plan>(`${EXPLAIN} select from datapoints d where ${selection(request)}`);
  return plannedRows(rows);
}

/**
 * Reads all rows once: without an index PostgreSQL would scan the timestamps of the whole table for the first match.
 */
async function countedExtent(client: ClientBase, request: ExportRequest): Promise<Extent> {
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
