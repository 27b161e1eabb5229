import type { ClientBase } from 'pg';
import type { Leaf } from '../database/leaves.ts';
import { identifier, literal } from '../database/sql.ts';
import { WebmacsError } from '../errors.ts';
import type { PruneCondition, PrunePlan } from './plan.ts';

/** The position of a pass within a place. */
export interface Position {
  /** The key of the last row seen. */
  key: string;
  /** The ids of the rows with that key that other sessions hold; they are not selected again. Strings, as they can be bigints. */
  held: string[];
}

/** The result of one batch. */
export interface Batch {
  /** How many rows were selected; fewer than the batch size if there are no more. */
  found: number;
  deleted: number;
  position: Position | undefined;
}

/** Where a batch selects rows: in one leaf; in all leaves at once, which is slower; or in a table that every server has. */
export type Place = Leaf | 'all leaves' | 'all servers';

/** A batch tried to delete more rows than it had selected, and was rolled back. */
export class TooManyDeletedError extends WebmacsError {}

/** Identifies the error that the statement raises to roll itself back. */
const TOO_MANY = 'webmacs: more rows deleted than selected';

/**
 * Deletes the next rows of a plan in one statement. Rows that other sessions hold are skipped, so that no session is waited
 * for, or can block the prune forever. Rows that change between the selection and the lock are skipped too.
 * @returns undefined if the place is no longer a leaf of the table
 * @throws TooManyDeletedError if it would delete more rows than it selected; then it deletes none
 */
export async function deleteBatch(
  client: ClientBase,
  plan: PrunePlan,
  { sql, parameters, within = 'true' }: PruneCondition,
  size: number,
  place: Place,
  position: Position | undefined,
): Promise<Batch | undefined> {
  const column = identifier(plan.key);
  const values: unknown[] = [...parameters];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const limit = bind(size);
  const beyond = position
    ? ` and ${column} >= ${bind(position.key)} and id <> all (${bind(position.held)}::bigint[])`
    : '';
  const { rows, leaf, attached, deletion } =
    place === 'all leaves'
      ? inAllLeaves(plan.table)
      : place === 'all servers'
        ? onAllServers(plan.table)
        : inLeaf(place, bind, within);
  const statement = `with ${attached ? `attached as materialized (select ${attached} as yes), ` : ''}found as materialized (
       select ${place === 'all servers' ? '' : `${leaf}ctid, `}id, ${column} as key from ${rows}
        where (${sql})${beyond}${attached ? ' and (select yes from attached)' : ''} order by ${column} limit ${limit}
     ), ${deletion} returning id
     ), counted as (
       select (select count(*)::int from found) as found, (select count(*)::int from deleted) as deleted
     )
     select found, ${attached ? '(select yes from attached)' : 'true'} as attached,
            case when deleted > found then concat('${TOO_MANY}: ', deleted, ' of ', found)::int else deleted end as deleted,
            (select max(key)::text from found) as key,
            array(select id::text from found where key = (select max(key) from found)
                     and id not in (select id from deleted)) as held
       from counted`;
  const result = await client
    .query<Answer>(statement, values)
    .catch((error: unknown) => throwIfTooMany(error, typeof place === 'string' ? identifier(plan.table) : place.sql));
  const [batch] = result.rows;
  if (!batch?.attached) {
    return undefined;
  }
  const { found, deleted, key, held } = batch;
  const sameKey = position?.key === key ? position?.held : undefined;
  return { found, deleted, position: key === null ? undefined : { key, held: [...(sameKey ?? []), ...held] } };
}

interface Answer {
  found: number;
  deleted: number;
  attached: boolean;
  key: string | null;
  held: string[];
}

/**
 * A leaf may have been detached, or replaced by another table of the same name, since it was listed. The statement names the
 * tables above it first, which locks them in the order of ATTACH and DETACH; its snapshot is taken after that, so that
 * `attached` holds until it ends.
 */
function inLeaf({ oid, sql, above }: Leaf, bind: (value: unknown) => string, within: string) {
  const rows = `only ${sql}`;
  const deletion = `deleted as (
       delete from ${rows} where ${within} and ctid = any (array(
         select ctid from ${rows} where ${within} and ctid = any (array(select ctid from found)) for update skip locked
       ))`;
  const [top] = above;
  if (!top) {
    return { rows, leaf: '', attached: undefined, deletion };
  }
  const self = `${bind(oid)}::oid`;
  const locks = [...above.map((table) => table.sql), sql].map(
    (name) => `not exists (select from only ${name} where false)`,
  );
  const attached = `${locks.join(' and ')} and ${literal(sql)}::regclass = ${self} and ${bind(top.oid)}::oid in (
       with recursive above as (
         select ${self} as oid
         union
         select inhparent from above join pg_inherits on inhrelid = above.oid and not inhdetachpending
       ) select oid from above)`;
  return { rows, leaf: '', attached, deletion };
}

function inAllLeaves(table: string) {
  const rows = identifier(table);
  const deletion = `locked as materialized (
       select tableoid as leaf, ctid from ${rows}
        where ctid = any (array(select ctid from found)) and (tableoid, ctid) in (select leaf, ctid from found)
          for update skip locked
     ), deleted as (
       delete from ${rows}
        where ctid = any (array(select ctid from locked)) and (tableoid, ctid) in (select leaf, ctid from locked)`;
  return { rows, leaf: 'tableoid as leaf, ', attached: undefined, deletion };
}

/** Each server has the row at another place, and may hold others: so they are deleted by their ids, and waited for. */
function onAllServers(table: string) {
  const rows = identifier(table);
  const deletion = `deleted as (delete from ${rows} where id = any (array(select id from found))`;
  return { rows, leaf: '', attached: undefined, deletion };
}

/** @throws always */
function throwIfTooMany(error: unknown, rows: string): never {
  const counts = error instanceof Error && new RegExp(`${TOO_MANY}: (\\d+) of (\\d+)`).exec(error.message);
  if (counts) {
    const [, deleted, found] = counts;
    throw new TooManyDeletedError(
      `A batch selected ${found} rows of ${rows} and would have deleted ${deleted}; it was rolled back.`,
      { cause: error },
    );
  }
  throw error;
}
