/**
 * SQL for the current schema as a `regnamespace`: the first existing schema of the role's `search_path`. Tables with
 * unqualified names are created there; once all tables of a layout are known to be there, such names mean no others.
 */
export const CURRENT_SCHEMA = 'quote_ident(current_schema())::regnamespace';

/** SQL for the current schema's OID as an integer: the second key of advisory locks that apply to this schema only. */
export const SCHEMA_KEY = `${CURRENT_SCHEMA}::oid::int4`;

/** "webm" as a number: everybody who changes the schema takes this advisory lock first; {@link SCHEMA_KEY} is the second key. */
export const SCHEMA_LOCK = 0x7765626d;

/** SQL for the processes of the server that hold it. */
export const SCHEMA_LOCK_HOLDERS = `
  select pid from pg_locks join pg_database on pg_database.oid = database and datname = current_database()
   where locktype = 'advisory' and granted and (classid, objid, objsubid) = (${SCHEMA_LOCK}, (${SCHEMA_KEY})::oid, 2)`;
