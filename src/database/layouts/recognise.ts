import type { ClientBase } from 'pg';
import { ApiTokenSchema } from '../../entities/index.ts';
import { DatabaseError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { CURRENT_SCHEMA } from '../current-schema.ts';
import { identifier } from '../sql.ts';
import { processIdOf } from '../transaction-settings.ts';
import { columnProperties, columnSourceOf, LAYOUTS, type Layout } from './layouts.ts';
import { STORAGE_FORM, type StorageForm } from './storage-form.ts';

/** Which layout a database has. */
export interface Recognition {
  /** The current schema: the first of the search path. */
  schema: string;
  /** The layout that it has, or the closest one. */
  layout: Layout;
  /** The first thing that is missing from that layout, such as `the table "users" has no column "role"`. */
  difference?: string;
  /** Whether it has none of the tables. */
  empty: boolean;
  /** How the datapoints are stored; `plain` without such a table. */
  storage: StorageForm;
  /** Whether rows are still being copied into it, or were, and have not all arrived. */
  incomplete: boolean;
}

/** Exists until a restore or a transfer into the database is complete. */
export const PROGRESS_TABLE = 'webmacs_transfer';

const TABLES = [...LAYOUTS.own.entities, ApiTokenSchema].map(({ tableName }) => tableName);

/**
 * Detects the layout by the columns of the current schema, in one query.
 * @param where the database, for the message
 * @param usePath called if the search path starts with a system schema, or names no other: sets another for all that follows
 * @throws DatabaseError if no schema of the search path exists
 */
export async function recognise(
  client: ClientBase,
  where: string,
  usePath: (path: string) => void = () => {},
): Promise<Recognition> {
  const first = await look(client);
  const path = pathBesidesSystem(first);
  if (path !== undefined) {
    usePath(path);
  }
  const { schema, role, tables, ...seen } = path === undefined ? first : await look(client);
  if (schema === null || isSystem(schema)) {
    throw new DatabaseError(`${where} has no schema to work in: no schema of the search_path (${seen.path}) exists.`, {
      hint: `Create one, let the role "${role}" use it (GRANT USAGE, CREATE), or set another search_path (PGOPTIONS, ALTER ROLE).`,
    });
  }
  const columns = new Map(tables.map(({ name, columns }) => [name, new Set(columns)]));
  const incomplete = columns.delete(PROGRESS_TABLE);
  return { schema, incomplete, storage: seen.storage ?? 'plain', ...recogniseColumns(columns) };
}

/** Also lifts the time that the session may be idle, unless it is one of a pooler, which reports another process id. */
async function look(client: ClientBase): Promise<Seen> {
  const { rows } = await client.query<Seen>(
    `select current_schema() as schema, current_setting('search_path') as path, current_user as role,
            current_schemas(false)::text[] as schemas,
            array(select json_build_object('name', relname, 'columns', array(
                select attname from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped))
              from pg_class
             where relname = any($1) and relnamespace = ${CURRENT_SCHEMA} and relkind in ('r', 'p', 'v', 'f')) as tables,
            (select ${STORAGE_FORM} from pg_class c where relname = 'datapoints' and relnamespace = ${CURRENT_SCHEMA}) as storage,
            case when pg_backend_pid() = $2 then set_config('idle_session_timeout', '0', false) end`,
    [[...TABLES, PROGRESS_TABLE], processIdOf(client)],
  );
  return rows[0] ?? { schema: null, schemas: [], path: '', role: '', tables: [], storage: null };
}

/** Some roles are given `search_path=pg_catalog`, or an empty one, for safety: the tables are then in `public`. */
function pathBesidesSystem({ schema, schemas, path }: Seen): string | undefined {
  if (schema !== null && !isSystem(schema)) {
    return undefined;
  }
  const own = schemas.filter((name) => !isSystem(name));
  const named = path.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return own.length > 0 ? own.map(identifier).join(', ') : named.every(isSystem) ? 'public' : undefined;
}

function isSystem(schema: string): boolean {
  return schema === '' || schema === 'information_schema' || schema.startsWith('pg_');
}

/** Returns the name of another schema in the search path that has tables of WebMACS. */
export async function schemaWithTables(client: ClientBase): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string }>(
    `select schema from unnest(current_schemas(false)) with ordinality as path (schema, position)
      where (select count(*) from pg_class
              where relname = any($1) and relnamespace = quote_ident(schema)::regnamespace) > 1
      order by position limit 1`,
    [TABLES],
  );
  return rows[0]?.schema;
}

interface Seen {
  schema: string | null;
  /** The existing schemas of the path. */
  schemas: string[];
  path: string;
  role: string;
  tables: { name: string; columns: string[] }[];
  storage: StorageForm | null;
}

/** @param columns by table */
function recogniseColumns(
  columns: ReadonlyMap<string, ReadonlySet<string>>,
): Omit<Recognition, 'schema' | 'incomplete' | 'storage'> {
  const [nearest] = Object.values(LAYOUTS)
    .map((layout) => compare(layout, columns))
    .sort((one, other) => one.missing - other.missing);
  const { layout, difference } = nearest ?? { layout: LAYOUTS.own };
  // The server creates this table even in an older database, so it does not count.
  const empty = [...columns.keys()].every((table) => table === ApiTokenSchema.tableName);
  return empty ? { layout: LAYOUTS.own, empty } : { layout, empty, ...defined({ difference }) };
}

/** Returns the share of a layout's columns that are missing, and a description of the first. */
function compare(layout: Layout, columns: ReadonlyMap<string, ReadonlySet<string>>) {
  const wanted = layout.entities.flatMap((schema) =>
    columnProperties(schema).flatMap((property) => {
      const source = columnSourceOf(layout, schema.tableName, property);
      return typeof source === 'string' ? { table: schema.tableName, column: source } : [];
    }),
  );
  const missing = wanted.filter(({ table, column }) => !columns.get(table)?.has(column));
  const [first] = missing;
  const difference =
    first &&
    (columns.has(first.table)
      ? `the table "${first.table}" has no column "${first.column}"`
      : `there is no table "${first.table}"`);
  return { layout, missing: missing.length / wanted.length, difference };
}
