import type { ClientBase, Pool } from 'pg';
import { STORAGE_FORM } from './layouts/storage-form.ts';
import { identifier } from './sql.ts';

/** A relation with its schema, so that it is found whatever the search path is. */
export interface Relation {
  oid: number;
  schema: string;
  name: string;
  /** The quoted name with its schema, for use in SQL. */
  sql: string;
}

/**
 * A relation that stores rows of a table. An ordinary table with children is a leaf too, with its own rows (`only`). A
 * `ctid` is unique only within one leaf.
 */
export interface Leaf extends Relation {
  kind: 'table' | 'foreign table' | 'view';
  /** Its ancestors, including the requested table; empty for that table itself. */
  above: Relation[];
}

const KINDS: Record<string, Leaf['kind']> = { r: 'table', f: 'foreign table', v: 'view', m: 'view' };

/**
 * Returns the leaves of a table in order of creation, in any schema: a plain table itself; the partitions at any level; or
 * the table and those that inherit from it, such as the chunks of a hypertable. Partitions that are being detached are
 * left out. A partitioned table without partitions has no leaves.
 * @param table looked up in the search path
 * @throws the database's error (42P01) when the table does not exist
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
      // A table may inherit from several tables, and then occurs several times.
      const above = new Set([
        ...(found.get(row.oid)?.above ?? []),
        ...row.above.flatMap((oid) => relations.get(oid) ?? []),
      ]);
      found.set(row.oid, { ...relation, kind, above: [...above] });
    }
  }
  return [...found.values()];
}

/**
 * Returns the chunks of the datapoints, if they are in a hypertable. Rows of a compressed one have no `xmin` and no `ctid`, and
 * asking for them is an error; ONLY leaves these rows out.
 */
export async function chunksOf(client: ClientBase): Promise<Leaf[] | undefined> {
  const { rowCount } = await client.query(
    `select from pg_class c where oid = 'datapoints'::regclass and ${STORAGE_FORM} = 'hypertable'`,
  );
  return rowCount ? (await leavesOf(client, 'datapoints')).filter(({ above }) => above.length > 0) : undefined;
}
