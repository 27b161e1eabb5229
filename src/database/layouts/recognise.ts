import type { ClientBase } from 'pg';
import { ApiTokenSchema } from '../../entities/index.ts';
import { columnProperties, LAYOUTS, type Layout, placeOf } from './layouts.ts';

/** Which layout a database has. */
export interface Recognition {
  /** The one that it has, or comes nearest to. */
  layout: Layout;
  /** What it lacks of that layout first, such as `the table "users" has no column "role"`. */
  difference?: string;
  /** Whether it has none of the tables. */
  empty: boolean;
}

const TABLES = [...LAYOUTS.own.entities, ApiTokenSchema].map(({ tableName }) => tableName);

/** Looks at the columns of the database, in one query. */
export async function recognise(client: ClientBase): Promise<Recognition> {
  const { rows } = await client.query<{ table: string; columns: string }>(
    `select relname as table, string_agg(attname, ',') as columns
       from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
      where relname = any($1) and pg_table_is_visible(pg_class.oid) and relkind in ('r', 'p', 'v', 'f')
      group by relname`,
    [TABLES],
  );
  return recogniseColumns(new Map(rows.map(({ table, columns }) => [table, new Set(columns.split(','))])));
}

/** @param columns those of each table that is there */
export function recogniseColumns(columns: ReadonlyMap<string, ReadonlySet<string>>): Recognition {
  const [nearest] = Object.values(LAYOUTS)
    .map((layout) => compare(layout, columns))
    .sort((one, other) => one.lack - other.lack);
  const { layout, difference } = nearest ?? { layout: LAYOUTS.own };
  // What the server leaves behind when it meets an older database is no table of ours yet.
  const empty = [...columns.keys()].every((table) => table === ApiTokenSchema.tableName);
  return empty ? { layout: LAYOUTS.own, empty } : { layout, empty, ...(difference ? { difference } : {}) };
}

/** What share of a layout's columns is lacking, and the first of them as a sentence. */
function compare(layout: Layout, columns: ReadonlyMap<string, ReadonlySet<string>>) {
  const wanted = layout.entities.flatMap((schema) =>
    columnProperties(schema).flatMap((property) => {
      const place = placeOf(layout, schema.tableName, property);
      return typeof place === 'string' ? { table: schema.tableName, column: place } : [];
    }),
  );
  const lacking = wanted.filter(({ table, column }) => !columns.get(table)?.has(column));
  const [first] = lacking;
  const difference =
    first &&
    (columns.has(first.table)
      ? `the table "${first.table}" has no column "${first.column}"`
      : `there is no table "${first.table}"`);
  return { layout, lack: lacking.length / wanted.length, difference };
}
