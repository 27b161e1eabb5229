import type { ClientBase } from 'pg';
import type { Leaf } from '../database/leaves.ts';
import { literal } from '../database/sql.ts';
import type { NamedEvent } from './event-names.ts';

/** A range of timestamps of an event, both included, as text. */
export interface Window {
  event: NamedEvent;
  first: string;
  last: string;
}

/** Duplicates among the rows of an import, and the window that has all of them. */
export interface Found extends Window {
  /** Rows of the import that the database had already. */
  inDatabase: number;
  /** Others that the import has more than once, without one of each. */
  inFile: number;
  /** Whether some have several values. */
  differ: boolean;
  /** The first, in seconds since 1970. */
  epoch: number;
}

/** The rows that an import has written: those of its transaction, and of them only those whose public id it generated. */
export interface Written {
  /** SQL for whether a row in a window is one of them, on the server that stores it. */
  own: string;
  /** Whether others than that server, or compressed chunks, know rows by their ids only, and not by their place. */
  byId: boolean;
  /** SQL that returns all of them from chunks: to ask each chunk for each row that is own would plan all chunks for each of them. */
  all?: string;
  /** Whether the table has leaves, such as partitions. */
  hasLeaves: boolean;
  /** Less than the public ids that it generated, and greater, if others have one of their own. */
  ids?: [below: string, above: string];
}

/**
 * Makes the server read the rows of a window in order, by the index on event and timestamp, until the transaction ends. It
 * would choose by statistics from before the import, and as soon read the index on the timestamp alone. To the server, what is off
 * is so dear that it would compile each statement first, for seconds.
 */
export async function readInOrder(client: ClientBase): Promise<void> {
  const others = ['seqscan', 'bitmapscan', 'hashagg', 'sort', 'hashjoin', 'mergejoin'];
  await client.query(
    [...others.map((method) => `enable_${method}`), 'jit'].map((name) => `set local ${name} = off`).join('; '),
  );
}

/** SQL for a window; as a subquery that is ordered for itself, else the server reads by the index on the timestamp, and sorts. */
const IN_WINDOW = `event_public_id = $1 and (event_public_id, timestamp) >= ($1, $2::timestamptz)
  and (event_public_id, timestamp) <= ($1, $3::timestamptz)`;
/** Whether the transaction has written a row. */
export const OWN = 'xmin = pg_current_xact_id()::xid';
const IN_ORDER = 'order by event_public_id, timestamp offset 0';

/**
 * The same in chunks, as a value, so that they are read once only. What it has written is not compressed, and has other ids than what
 * the server decompresses to check the keys, in the same transaction.
 */
export function ownInChunks(chunks: readonly Leaf[], ids: { lowest: string; highest: string }) {
  const own = `id between ${literal(ids.lowest)} and ${literal(ids.highest)} and ${OWN}`;
  const from = (columns: string, condition: string) =>
    chunks.map(({ sql }) => `select ${columns} from only ${sql} where ${condition}`).join(' union all ');
  return chunks.length === 0
    ? { own: 'false' }
    : {
        own: `((tableoid, id) in (${from('tableoid, id', `${IN_WINDOW} and ${own}`)})) is true`,
        all: from('timestamp', own),
      };
}

/** SQL for the rows of a window but those that have a public id of their own, with whether they are the import's. */
function rowsOf({ event, first, last }: Window, { own, byId, ids }: Written): { rows: string; values: string[] } {
  const rows = `select event_public_id, timestamp, id, value, tableoid as leaf, ${byId ? 'null' : 'ctid'} as place, ${own} as own
      from datapoints
     where ${IN_WINDOW} ${ids ? `and (not (${own}) or public_id collate "C" between $4 and $5)` : ''}
     ${IN_ORDER}`;
  return { rows, values: [event.publicId, first, last, ...(ids ?? [])] };
}

/**
 * Narrows a window to the moments that have several rows, whoever wrote them, if there are any. Most imports have none, which a
 * count tells from the index alone, in half the time of grouping.
 */
export async function narrowed(client: ClientBase, { event, first, last }: Window): Promise<Window[]> {
  const values = [event.publicId, first, last];
  const inOrder = `(select timestamp from datapoints where ${IN_WINDOW} ${IN_ORDER}) as d`;
  const { rows: counted } = await client.query<{ several: boolean }>(
    `select count(*) > count(distinct timestamp) as several from ${inOrder}`,
    values,
  );
  if (!counted[0]?.several) {
    return [];
  }
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    `select min(timestamp)::text as first, max(timestamp)::text as last
       from (select timestamp from ${inOrder} group by timestamp having count(*) > 1) as moments`,
    values,
  );
  return rows.flatMap(({ first, last }) => (first !== null && last !== null ? [{ event, first, last }] : []));
}

/**
 * Counts the duplicates in a window.
 * @param withinFile whether rows that the import has more than once are duplicates
 */
export async function findDuplicates(
  client: ClientBase,
  window: Window,
  written: Written,
  withinFile: boolean,
): Promise<Found> {
  const { rows: datapoints, values } = rowsOf(window, written);
  const { rows } = await client.query<Omit<Found, 'event'>>(
    `select coalesce(sum(imported) filter (where imported < present), 0)::float8 as "inDatabase",
            coalesce(sum(imported - 1) filter (where imported = present), 0)::float8 as "inFile",
            coalesce(bool_or(lowest < highest), false) as differ,
            min(timestamp)::text as first, max(timestamp)::text as last, extract(epoch from min(timestamp))::float8 as epoch
       from (select timestamp, count(*) as present, count(*) filter (where own) as imported,
                    min(value) as lowest, max(value) as highest
               from (${datapoints}) as d
              group by event_public_id, timestamp
             having count(*) > 1 and bool_or(own) ${withinFile ? '' : 'and not bool_and(own)'}) as moments`,
    values,
  );
  const [row] = rows;
  if (!row) {
    throw new Error('An aggregate without a row');
  }
  return { event: window.event, ...row };
}

/** Rows deleted: of the import, how many of them have a value that no row before them has, and of the database. */
interface Deleted {
  skipped: number;
  differing: number;
  replaced: number;
}

/** Deletes the rows of an import that the database had already, and of those that it has more than once all but the first. */
export async function deleteImported(client: ClientBase, found: Found, written: Written): Promise<Deleted> {
  const before = 'order by own, id';
  const sameValue = `row_number() over (partition by event_public_id, timestamp, value ${before})`;
  return await deleteRows(client, found, written, {
    select: `own as gone, row_number() over (partition by event_public_id, timestamp ${before}) as number,
             ${found.differ ? `${sameValue} = 1` : 'false'} as differs`,
  });
}

/** Deletes what the database had already, and of the rows that an import has more than once all but the last. */
export async function deletePresent(client: ClientBase, found: Found, written: Written): Promise<Deleted> {
  const ranks = 'over (partition by event_public_id, timestamp order by own desc, id desc)';
  return await deleteRows(client, found, written, {
    select: `first_value(own) ${ranks} as gone, row_number() ${ranks} as number, false as differs`,
  });
}

/** Deletes the rows that are `gone` by the columns of `select`, but for the one with the number 1 of each moment. */
async function deleteRows(
  client: ClientBase,
  found: Found,
  written: Written,
  { select }: { select: string },
): Promise<Deleted> {
  const { rows: datapoints, values } = rowsOf(found, written);
  const ranked = `select id, leaf, place, timestamp, own, ${select} from (${datapoints}) as d`;
  if (written.byId) {
    return await deleteByIds(client, found, { ranked, values });
  }
  // Selects the partition; in a plain table, the place alone is found in half the time.
  const inLeaf = written.hasLeaves ? 'and d.timestamp = r.timestamp' : '';
  const { rows } = await client.query<Deleted>(
    `with gone as (
       delete from datapoints as d
        using (${ranked}) as r
        where d.ctid = r.place and d.tableoid = r.leaf and r.gone and r.number > 1 ${inLeaf}
       returning r.own, r.differs)
     select (count(*) filter (where own))::float8 as skipped, (count(*) filter (where own and differs))::float8 as differing,
            (count(*) filter (where not own))::float8 as replaced from gone`,
    values,
  );
  return rows[0] ?? { skipped: 0, differing: 0, replaced: 0 };
}

/** The same where rows have no place to be deleted by. */
async function deleteByIds(
  client: ClientBase,
  { event, first, last }: Window,
  { ranked, values }: { ranked: string; values: string[] },
): Promise<Deleted> {
  const { rows } = await client.query<{ id: string; time: string; own: boolean; differs: boolean }>(
    `select id::text, timestamp::text as time, own, differs from (${ranked}) as r where gone and number > 1`,
    values,
  );
  await client.query(
    `delete from datapoints where ${IN_WINDOW}
        and (id, timestamp) in (select * from unnest($4::bigint[], $5::timestamptz[]))`,
    [event.publicId, first, last, rows.map(({ id }) => id), rows.map(({ time }) => time)],
  );
  const own = rows.filter((row) => row.own);
  const differing = own.filter(({ differs }) => differs).length;
  return { skipped: own.length, differing, replaced: rows.length - own.length };
}

/** Returns the first and the last timestamp of all rows that an import has written, as text. */
export async function rangeOf(
  client: ClientBase,
  events: readonly string[],
  timestamps: readonly string[],
  { own, all }: Written,
): Promise<string[]> {
  if (all !== undefined) {
    const { rows } = await client.query<{ first: string | null; last: string | null }>(
      `select min(timestamp)::text as first, max(timestamp)::text as last from (${all}) as written`,
    );
    return rows.flatMap(({ first, last }) => [first, last]).filter((moment) => moment !== null);
  }
  const { rows: range } = await client.query<{ first: string; last: string }>(
    'select min(moment)::text as first, max(moment)::text as last from unnest($1::timestamptz[]) as moment',
    [timestamps],
  );
  const edge = (order: 'asc' | 'desc') =>
    `(select timestamp::text from datapoints where ${IN_WINDOW} and ${own}
       order by event_public_id ${order}, timestamp ${order} limit 1)`;
  const moments: (string | null)[] = [];
  for (const event of events) {
    const { rows } = await client.query<{ first: string | null; last: string | null }>(
      `select ${edge('asc')} as first, ${edge('desc')} as last`,
      [event, range[0]?.first, range[0]?.last],
    );
    moments.push(...rows.flatMap(({ first, last }) => [first, last]));
  }
  return moments.filter((moment) => moment !== null);
}
