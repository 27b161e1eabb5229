import type { EntityManager } from '@mikro-orm/postgresql';
import type { ClientBase, Pool } from 'pg';
import { STORAGE_FORM } from './layouts/storage-form.ts';
import { query } from './query.ts';
import type { Settings } from './session.ts';
import { identifier, literal } from './sql.ts';

/** How Citus stores a table: in shards by a column, or as a copy on every server, where a `ctid` means another row on each. */
export type Distribution = { column: string } | 'copies';

/** Lets the settings of a transaction, such as its `lock_timeout`, hold on all servers of Citus. */
export const ON_ALL_SERVERS: Settings = { 'citus.propagate_set_commands': 'local' };

/** Lets a transaction change tables that others refer to: by one connection to each server. */
export const IN_SEQUENCE: Settings = { ...ON_ALL_SERVERS, 'citus.multi_shard_modify_mode': 'sequential' };

/** @returns undefined if Citus does not store the table */
export async function distributionOf(client: ClientBase | Pool, table: string): Promise<Distribution | undefined> {
  const { rows } = await client.query<{ oid: number }>(
    `select oid from pg_class c where oid = to_regclass($1) and ${STORAGE_FORM} = 'distributed'`,
    [identifier(table)],
  );
  const [found] = rows;
  if (!found) {
    return undefined;
  }
  // The catalogue of Citus exists only where it is installed.
  const { rows: columns } = await client.query<{ column: string | null }>(
    `select case when partmethod = 'h' then column_to_column_name(logicalrelid, partkey) end as column
       from pg_dist_partition where logicalrelid = $1`,
    [found.oid],
  );
  const column = columns[0]?.column;
  return column == null ? 'copies' : { column };
}

/** Whether the datapoints are distributed by event; as long as they are not, but known to Citus, the coordinator has all of them. */
export async function isDistributed(client: ClientBase | Pool): Promise<boolean> {
  const distribution = await distributionOf(client, 'datapoints');
  return distribution !== undefined && distribution !== 'copies';
}

/**
 * Reads datapoints by event: at once, or where Citus stores them event by event, since it finds the server of one only.
 * @param eventPublicIds all events if undefined
 * @param read given SQL that datapoints are of the only event that is to be read, if it is only one, and which events to read
 * @returns what was read, in the order of the events' names
 */
export async function byEvent<T>(
  em: EntityManager,
  eventPublicIds: readonly string[] | undefined,
  read: (only: string | undefined, eventPublicIds: readonly string[] | undefined) => Promise<T[]>,
): Promise<T[]> {
  const [found] = await query<{ distributed: boolean }>(
    em,
    `select ${STORAGE_FORM} = 'distributed' as distributed from pg_class c where oid = 'datapoints'::regclass`,
  );
  if (!found?.distributed) {
    return await read(undefined, eventPublicIds);
  }
  const events = await query<{ id: string }>(em, 'select public_id as id from events order by name');
  const rows: T[] = [];
  for (const { id } of events.filter((event) => eventPublicIds?.includes(event.id) ?? true)) {
    // A question mark stands for a parameter.
    rows.push(...(await read(`event_public_id = ${literal(id).replaceAll('?', '\\?')}`, [id])));
  }
  return rows;
}

/** The same on a client, of datapoints `d`, in the order of the events. */
export async function rowsOfEvents<E extends { public_id: string }, T>(
  client: ClientBase,
  events: readonly E[],
  read: (events: readonly E[], only?: string) => Promise<T[]>,
): Promise<T[]> {
  if ((await distributionOf(client, 'datapoints')) === undefined) {
    return await read(events);
  }
  const rows: T[] = [];
  for (const event of events) {
    rows.push(...(await read([event], `d.event_public_id = ${literal(event.public_id)}`)));
  }
  return rows;
}

/** Lets the entity manager's transaction change the datapoints and then what they refer to, also on several servers. */
export async function inSequence(em: EntityManager): Promise<void> {
  await query(
    em,
    `select set_config('citus.multi_shard_modify_mode', 'sequential', true) from pg_class c
      where oid = 'datapoints'::regclass and ${STORAGE_FORM} = 'distributed'`,
  );
}
