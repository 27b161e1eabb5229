/**
 * How the datapoints are stored: in one table; in its partitions; in tables that inherit from it; in the chunks of a TimescaleDB
 * hypertable; or over several servers by Citus.
 */
export type StorageForm = 'plain' | 'partitions' | 'inherited' | 'hypertable' | 'distributed';

/** SQL for the form of the table in a row `c` of `pg_class`. */
export const STORAGE_FORM = `
  case when ${hasTrigger('citus_truncate_trigger')} then 'distributed'
       when ${isHypertable('c')} then 'hypertable'
       when c.relkind = 'p' then 'partitions'
       when exists (select from pg_inherits where inhparent = c.oid) then 'inherited'
       else 'plain' end`;

/** Citus adds one to its tables; its own catalogue exists only where it is installed. */
function hasTrigger(name: string): string {
  return `exists (select from pg_trigger join pg_proc on pg_proc.oid = tgfoid where tgrelid = c.oid and proname = '${name}')`;
}

/**
 * Returns SQL for whether a row of `pg_class` is a hypertable. The catalogue of TimescaleDB exists only where that is installed, so
 * it is named in a text, which is executed only then.
 */
function isHypertable(row: string): string {
  const query = `select 1 from _timescaledb_catalog.hypertable where to_regclass(format('%I.%I', schema_name, table_name)) = `;
  return `case when to_regclass('_timescaledb_catalog.hypertable') is not null
               then query_to_xml('${query.replaceAll("'", "''")}' || ${row}.oid, false, true, '')::text <> '' end`;
}

/** SQL for the quoted schema that has the functions of TimescaleDB; null without it. */
export const TIMESCALE_SCHEMA = `(select extnamespace::regnamespace::text from pg_extension where extname = 'timescaledb')`;
