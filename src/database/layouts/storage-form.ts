/**
 * How the datapoints are stored: in one table; in its partitions; in tables that inherit from it; in the chunks of a TimescaleDB
 * hypertable; or over several servers by Citus.
 */
export type StorageForm = 'plain' | 'partitions' | 'inherited' | 'hypertable' | 'distributed';

/** SQL for the form of the table in a row `c` of `pg_class`. */
export const STORAGE_FORM = `
  case when ${hasTrigger('citus_truncate_trigger')} then 'distributed'
       when ${hasTrigger('insert_blocker')} then 'hypertable'
       when c.relkind = 'p' then 'partitions'
       when exists (select from pg_inherits where inhparent = c.oid) then 'inherited'
       else 'plain' end`;

/** Both extensions add one to their tables; their own catalogues exist only where they are installed. */
function hasTrigger(name: string): string {
  return `exists (select from pg_trigger join pg_proc on pg_proc.oid = tgfoid where tgrelid = c.oid and proname = '${name}')`;
}
