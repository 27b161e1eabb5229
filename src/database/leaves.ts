import type { ClientBase, Pool } from 'pg';
import { identifier } from './sql.ts';

/** A relation under the name by which it is found, whatever the search path is. */
export interface Relation {
  oid: number;
  schema: string;
  name: string;
  /** The quoted name with its schema, for use in SQL. */
  sql: string;
}

/**
 * A relation that holds rows of a table itself. Its rows alone are those of `only`: an ordinary table with children is a
 * leaf beside them. A `ctid` is unique only within one leaf.
 */
export interface Leaf extends Relation {
  kind: 'table' | 'foreign table' | 'view';
  /** The tables above it, the one asked for among them; none where it is that one. */
  above: Relation[];
}

const KINDS: Record<string, Leaf['kind']> = { r: 'table', f: 'foreign table', v: 'view', m: 'view' };

/**
 * The leaves of a table, in the order in which they were made: itself where it is a plain one; its partitions, at any
 * level; itself and its children where others inherit from it, as the chunks of a hypertable do; in whichever schema they
 * are. What is being detached is no part of it anymore. A partitioned table without partitions has none.
 * @param table found by the search path
 * @throws a failure of the database (42P01) where there is no such table
 */
export async function leavesOf(database: ClientBase | Pool, table: string): Promise<Leaf[]> {
  const { rows } = await database.query<{ oid: number; schema: string; name: string; kind: string; above: number[] }>(
    `with recursive tree as (
       select $1::text::regclass::oid as oid, '{}'::oid[] as above
       union all
       select inhrelid, tree.above || inhparent
         from tree join pg_inherits on inhparent = tree.oid and not inhdetachpending
     )
     select c.oid, nspname as schema, relname as name, relkind as kind, above
       from tree join pg_class c on c.oid = tree.oid join pg_namespace n on n.oid = relnamespace
      where relpersistence <> 't' or relnamespace = pg_my_temp_schema()
      order by c.oid, above`,
    [identifier(table)],
  );
  const relations = new Map(
    rows.map(({ oid, schema, name }) => [
      oid,
      { oid, schema, name, sql: `${identifier(schema)}.${identifier(name)}` } satisfies Relation,
    ]),
  );
  const found = new Map<number, Leaf>();
  for (const row of rows) {
    const relation = relations.get(row.oid);
    const kind = KINDS[row.kind];
    if (relation && kind) {
      // A table may inherit from several, and so be there several times.
      const above = new Set([...(found.get(row.oid)?.above ?? []), ...relationsOf(row.above)]);
      found.set(row.oid, { ...relation, kind, above: [...above] });
    }
  }
  return [...found.values()];

  function relationsOf(oids: number[]): Relation[] {
    return oids.flatMap((oid) => relations.get(oid) ?? []);
  }
}
