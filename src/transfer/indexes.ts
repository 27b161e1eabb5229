import type { ClientBase } from 'pg';
import { identifier } from '../database/sql.ts';

/**
 * The indexes and foreign keys of a table, as SQL. Building and checking them after the table is filled takes half the time of
 * updating them row by row.
 */
export interface Indexes {
  drop: string[];
  /**
   * Can run side by side, and do nothing for an index that exists. That of the primary key is the first; then those that take
   * longest.
   */
  build: string[];
  /** Adds and checks foreign keys, once the indexes are built; others may read the table. */
  refer: string[];
  /** What needs the table alone: turns indexes into constraints. */
  constrain: string[];
}

/**
 * Finds the indexes of a table that can be dropped and built again: not those that the role does not own, that others refer
 * to, or that are invalid.
 */
export async function indexesOf(client: ClientBase, table: string): Promise<Indexes> {
  const { rows } = await client.query<{ drop: string; build: string | null; add: string | null; kind: string | null }>(
    `with ours as (
       select oid, oid::regclass as name from pg_class
        where oid = $1::regclass and relkind = 'r' and pg_has_role(relowner, 'usage')
     )
     select format('alter table %s drop constraint if exists %I', name, conname) as drop,
            case when contype <> 'f' then pg_get_indexdef(conindid) end as build,
            format('alter table %s add constraint %I %s', name, conname,
                   case contype when 'f' then pg_get_constraintdef(c.oid)
                                when 'p' then format('primary key using index %I', conname)
                                else format('unique using index %I', conname) end) as add, contype as kind,
            array_position('{p,u,f}', contype::text) as place, -cardinality(conkey) as columns
       from ours join pg_constraint c on conrelid = ours.oid
      where contype = 'f' and convalidated
         or contype in ('p', 'u') and not condeferrable
            and conindid not in (select conindid from pg_constraint where contype = 'f')
     union all
     select format('drop index if exists %s', indexrelid::regclass), pg_get_indexdef(indexrelid), null, null, 2, -indnkeyatts
       from ours join pg_index on indrelid = ours.oid
      where indisvalid and indexrelid not in (select conindid from pg_constraint where conindid <> 0)
      order by place, columns`,
    [identifier(table)],
  );
  return {
    drop: rows.map(({ drop }) => drop),
    build: rows.flatMap(({ build }) => build?.replace(' INDEX ', ' INDEX if not exists ') ?? []),
    refer: rows.flatMap(({ add, kind }) => (kind === 'f' ? (add ?? []) : [])),
    constrain: rows.flatMap(({ add, kind }) => (kind === 'f' ? [] : (add ?? []))),
  };
}

export async function runAll(client: ClientBase, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    await client.query(statement);
  }
}
