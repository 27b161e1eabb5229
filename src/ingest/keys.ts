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
 * depends on triggers: no user-defined trigger or rule, no other foreign key, no deferrable constraint.
 */
const ONLY_KEYS_ARE_CHECKED = `
  select has_parameter_privilege('session_replication_role', 'set')
     and has_any_column_privilege('events', 'update') and has_any_column_privilege('experiments', 'update')
     and relkind = 'r' and not relhasrules
     and not exists (select from pg_trigger where tgrelid = table_.oid and not tgisinternal)
     and not exists (select from pg_constraint where conrelid = table_.oid and condeferrable)
     and not exists (
       select from pg_constraint
        where conrelid = table_.oid and contype = 'f'
          and (conkey, confrelid, confkey) not in (
            select array[child.attnum], parent.attrelid, array[parent.attnum]
              from (values ('event_public_id', 'events'::regclass), ('experiment_public_id', 'experiments'::regclass)) as key (name, target)
              join pg_attribute child on child.attrelid = table_.oid and child.attname = key.name
              join pg_attribute parent on parent.attrelid = key.target and parent.attname = 'public_id')
     ) as possible
    from pg_class as table_ where oid = 'datapoints'::regclass`;

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
