import type { EntityManager } from '@mikro-orm/postgresql';
import { CURRENT_SCHEMA } from './current-schema.ts';
import { idUse } from './ids.ts';
import { type StorageForm, TIMESCALE_SCHEMA } from './layouts/storage-form.ts';
import { query } from './query.ts';
import { identifier } from './sql.ts';
import { EXACT_BELOW } from './total.ts';

/** Sizes in bytes; `rows` of a large table is PostgreSQL's own estimate. */
export interface DatabaseInfo {
  server_version: string;
  database: string;
  schema: string;
  size_bytes: number;
  /** `ids_used_percent` is null if the ids have no sequence, or the role may not read it. */
  tables: {
    table: string;
    rows: number;
    estimated: boolean;
    size_bytes: number;
    ids_used_percent: number | null;
  }[];
}

/**
 * Reads the server's version, and the size of the database: on all servers that have datapoints.
 * @param storage how the datapoints are stored
 */
export async function databaseSize(em: EntityManager, storage: StorageForm): Promise<Omit<DatabaseInfo, 'tables'>> {
  const [about] = await query<{
    server_version: string;
    database: string;
    schema: string;
    size_bytes: number | string;
  }>(
    em,
    `select current_setting('server_version') as server_version, current_database() as database,
            current_schema() as schema, pg_database_size(current_database()) as size_bytes`,
  );
  const { server_version = '', database = '', schema = '', size_bytes } = about ?? {};
  const size = storage === 'distributed' ? await databaseSizeOnAll(em) : Number(size_bytes);
  return { server_version, database, schema, size_bytes: size };
}

/**
 * Reads the server's version and the sizes of the database and its tables.
 * @param storage how the datapoints are stored
 */
export async function databaseInfo(em: EntityManager, storage: StorageForm): Promise<DatabaseInfo> {
  const known = [...em.getMetadata().getAll().values()].map(({ tableName }) => tableName);
  const found = await query<{ table: string; estimate: number | string; size_bytes: number | string }>(
    em,
    // Of partitions and chunks, too: a partitioned table stores nothing itself.
    `with recursive tree as (
       select relname as "table", oid from pg_class
        where relnamespace = ${CURRENT_SCHEMA} and relname = any (string_to_array(?, ','))
       union
       select "table", inhrelid from tree join pg_inherits on inhparent = tree.oid
     )
     select "table", sum(case when relkind <> 'p' then greatest(reltuples, 0) else 0 end)::bigint as estimate,
            sum(pg_total_relation_size(oid)) as size_bytes
       from tree join pg_class using (oid) group by "table"`,
    [known.join(',')],
  );
  const used = new Map((await idUse(em, known)).map(({ table, percent }) => [table, percent]));
  const isDistributed = storage === 'distributed';
  const tables = [];
  for (const { table, estimate, size_bytes } of found.sort((a, b) => known.indexOf(a.table) - known.indexOf(b.table))) {
    const estimated = Number(estimate) >= EXACT_BELOW;
    const rows = estimated ? Number(estimate) : await countRows(em, table);
    const isHypertable = storage === 'hypertable' && table === 'datapoints';
    const elsewhere = isHypertable ? await hypertableSize(em) : isDistributed ? await sizeOnAll(em, table) : undefined;
    const size = elsewhere ?? Number(size_bytes);
    tables.push({ table, rows, estimated, size_bytes: size, ids_used_percent: used.get(table) ?? null });
  }
  return { ...(await databaseSize(em, storage)), tables };
}

/** Returns the server's version. */
export async function serverVersion(em: EntityManager): Promise<string> {
  const [row] = await query<{ version: string }>(em, `select current_setting('server_version') as version`);
  return row?.version ?? '';
}

/** What is compressed is in tables that do not inherit from the hypertable. */
async function hypertableSize(em: EntityManager): Promise<number> {
  const [api] = await query<{ schema: string }>(em, `select ${TIMESCALE_SCHEMA} as schema`);
  const [row] = await query<{ bytes: number | string }>(
    em,
    `select ${api?.schema}.hypertable_size('datapoints') as bytes`,
  );
  return Number(row?.bytes);
}

/** Returns the size of the database on all servers of Citus. */
async function databaseSizeOnAll(em: EntityManager): Promise<number> {
  const [row] = await query<{ bytes: number | string }>(
    em,
    `select sum(result::bigint) as bytes
       from run_command_on_all_nodes('select pg_database_size(current_database())') where success`,
  );
  return Number(row?.bytes);
}

/** @returns the size of a table on all servers of Citus; undefined of one that is only here */
async function sizeOnAll(em: EntityManager, table: string): Promise<number | undefined> {
  const [row] = await query<{ bytes: number | string }>(
    em,
    `select citus_total_relation_size(logicalrelid) as bytes from pg_dist_partition where logicalrelid = ?::regclass`,
    [identifier(table)],
  );
  return row && Number(row.bytes);
}

async function countRows(em: EntityManager, table: string): Promise<number> {
  const [row] = await query<{ rows: number | string }>(em, `select count(*) as rows from ${identifier(table)}`);
  return Number(row?.rows);
}
