import type { ClientBase } from 'pg';
import { ConflictError } from '../errors.ts';

/** The rows that an import refers to. */
export interface References {
  /** By public id; may grow until all rows are written. */
  events: ReadonlyMap<string, unknown>;
  experiment: string | undefined;
}

/**
 * Whether the role has the privilege, may also lock rows of the referenced tables, and nothing but the two foreign keys
 * depends on triggers, of the table and of its partitions or chunks: no user-defined trigger or rule, no other foreign key, no
 * deferrable constraint. TimescaleDB's own trigger only stops inserts that bypass it.
 */
const ONLY_KEYS_ARE_CHECKED = `
  with recursive tree as (
    select 'datapoints'::regclass::oid as oid
    union
    select inhrelid from tree join pg_inherits on inhparent = tree.oid
  ), keys as (
    select array[child.attnum] as conkey, parent.attrelid as confrelid, array[parent.attnum] as confkey, child.attrelid as conrelid
      from (values ('event_public_id', 'events'::regclass), ('experiment_public_id', 'experiments'::regclass)) as key (name, target)
      join pg_attribute child on child.attrelid in (select oid from tree) and child.attname = key.name
      join pg_attribute parent on parent.attrelid = key.target and parent.attname = 'public_id'
  )
  select has_parameter_privilege('session_replication_role', 'set')
     and has_any_column_privilege('events', 'update') and has_any_column_privilege('experiments', 'update')
     and not exists (select from tree join pg_class using (oid) where relkind not in ('r', 'p') or relhasrules)
     and not exists (
       select from tree join pg_trigger on tgrelid = tree.oid where not tgisinternal and tgname <> 'ts_insert_blocker')
     and not exists (
       select from tree join pg_constraint c on conrelid = tree.oid
        where condeferrable
           or contype = 'f' and (conkey, confrelid, confkey, conrelid) not in (select * from keys)
     ) as possible`;

/**
 * Calls `write`, which inserts datapoints inside the client's transaction, and ensures that the events and the experiment
 * they refer to exist and stay until it ends.
 *
 * The server checks row by row, which doubles the cost of a row. If the role is allowed to, and no other check would be
 * skipped, each key is checked once at the end instead, with the same locks: a concurrent delete is either seen here, or
 * waits for this transaction and then deletes the new datapoints too.
 * @param write is given a function for what other tables are changed by, with their checks and triggers
 * @throws ConflictError if one has been deleted
 */
export async function withKeysChecked(
  client: ClientBase,
  references: References,
  write: (elsewhere: <T>(change: () => Promise<T>) => Promise<T>) => Promise<void>,
): Promise<void> {
  const { rows } = await client.query<{ possible: boolean }>(ONLY_KEYS_ARE_CHECKED);
  if (!rows[0]?.possible) {
    return await write((change) => change());
  }
  const setRole = async (role: 'replica' | 'origin') => client.query(`set local session_replication_role = ${role}`);
  await setRole('replica');
  await write(async (change) => {
    await setRole('origin');
    const result = await change();
    await setRole('replica');
    return result;
  });
  await setRole('origin');
  await lockKeys(client, 'events', [...references.events.keys()]);
  await lockKeys(client, 'experiments', references.experiment === undefined ? [] : [references.experiment]);
}

async function lockKeys(client: ClientBase, table: 'events' | 'experiments', publicIds: string[]): Promise<void> {
  const { rows } = await client.query<{ public_id: string }>(
    `select public_id from ${table} where public_id = any ($1) order by id for key share`,
    [publicIds],
  );
  const found = new Set(rows.map((row) => row.public_id));
  const missing = publicIds.find((publicId) => !found.has(publicId));
  if (missing !== undefined) {
    throw keyMissing(`"${missing}" is not present in table "${table}".`);
  }
}

/** @param detail the missing key, worded as the server does */
export function keyMissing(detail: string, cause?: unknown): ConflictError {
  return new ConflictError(`An event or the experiment of this import no longer exists: ${detail}`, {
    hint: 'Nothing was imported.',
    cause,
  });
}
