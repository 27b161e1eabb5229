import type { ClientBase } from 'pg';
import { identifier } from '../database/sql.ts';
import type { PrunePlan } from './plan.ts';

/** How far a pass has come. */
export interface Position {
  /** The key of the last row seen. */
  key: string;
  /** Rows with that key that others hold; they are not looked at again. */
  held: number[];
}

/** What came of one batch. */
export interface Batch {
  /** How many rows were to be deleted; fewer than asked for when there are no more. */
  found: number;
  deleted: number;
  position: Position | undefined;
}

/**
 * Deletes the next rows of a plan, in one statement, which is one transaction. Rows that other sessions hold are left:
 * nobody is waited for, and nobody can lock us out for good. A row that changes between being found and being locked
 * is left, too.
 */
export async function deleteBatch(
  client: ClientBase,
  { table, key }: PrunePlan,
  { sql, parameters }: PrunePlan['conditions'][number],
  size: number,
  position: Position | undefined,
): Promise<Batch> {
  const [rows, column] = [identifier(table), identifier(key)];
  const next = parameters.length + 1;
  const beyond = position ? ` and ${column} >= $${next + 1} and id <> all ($${next + 2}::int[])` : '';
  const result = await client.query<{ found: number; deleted: number; key: string | null; held: number[] }>(
    `with found as materialized (
       select ctid, id, ${column} as key from ${rows} where ${sql}${beyond} order by ${column} limit $${next}
     ), deleted as (
       delete from ${rows} where ctid = any (array(
         select ctid from ${rows} where ctid = any (array(select ctid from found)) for update skip locked
       )) returning id
     )
     select (select count(*)::int from found) as found, (select count(*)::int from deleted) as deleted,
            (select max(key)::text from found) as key,
            array(select id from found where key = (select max(key) from found)
                     and id not in (select id from deleted)) as held`,
    [...parameters, size, ...(position ? [position.key, position.held] : [])],
  );
  const [batch = { found: 0, deleted: 0, key: null, held: [] }] = result.rows;
  const sameKey = position?.key === batch.key ? position?.held : undefined;
  return {
    found: batch.found,
    deleted: batch.deleted,
    position: batch.key === null ? undefined : { key: batch.key, held: [...(sameKey ?? []), ...batch.held] },
  };
}
