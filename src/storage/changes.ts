import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { onShards } from '../database/shards.ts';
import { literal } from '../database/sql.ts';
import { LockTimeoutError } from '../errors.ts';
import { type ConversionOptions, reading } from './conversion.ts';
import { tableFacts } from './table-facts.ts';

const POLL_MILLISECONDS = 400;

/** The table that lists the changed datapoints. */
export function changesOf(copy: string): string {
  return `${copy}_changes`;
}

/** Its argument is the list, or the shard of the list that belongs to the shard. A truncation is a row without an id. */
export const LISTING = `
  begin
    if tg_op = 'TRUNCATE' then
      execute format('insert into %s values (null, null)', tg_argv[0]);
    end if;
    if tg_op in ('UPDATE', 'DELETE') then
      execute format('insert into %s values ($1, $2)', tg_argv[0]) using old.event_public_id, old.id;
    end if;
    if tg_op in ('INSERT', 'UPDATE') then
      execute format('insert into %s values ($1, $2)', tg_argv[0]) using new.event_public_id, new.id;
    end if;
    return null;
  end`;

/** Returns the statements that have a table, or a shard, list its changes. */
export function triggersOf(table: string, copy: string, changes: string): string[] {
  const [name = copy] = copy.split('.').slice(-1);
  return [
    `create or replace trigger ${name} after insert or update or delete on ${table} for each row execute function ${copy}(${literal(changes)})`,
    `create or replace trigger ${name}_all after truncate on ${table} for each statement execute function ${copy}(${literal(changes)})`,
    // Citus takes one at a time.
    `alter table ${table} enable always trigger ${name}`,
    `alter table ${table} enable always trigger ${name}_all`,
  ];
}

/**
 * Has the shards list their changes. Whoever has written into one by then has ended, so that what it has written is copied.
 * @throws LockTimeoutError; DatabaseError if a server fails
 */
export async function followShards(
  pool: Pool,
  copy: string,
  { lockTimeoutSeconds, signal }: ConversionOptions,
): Promise<void> {
  const { schema } = await reading(pool, (client) => tableFacts(client, 'datapoints'));
  const triggers = triggersOf('%1$s', `${schema}.${copy}`, '%2$s').join('; ');
  const deadline = performance.now() + lockTimeoutSeconds * 1000;
  // Others wait behind a lock that this waits for.
  const command = `do $do$ begin
      set local lock_timeout = '100ms';
      ${triggers};
    exception when lock_not_available then null; end $do$`;
  while ((await unfollowedShards(pool, copy)) > 0) {
    signal.throwIfAborted();
    if (performance.now() >= deadline) {
      throw new LockTimeoutError(`Other sessions have used "datapoints" for more than ${lockTimeoutSeconds} s.`, {
        hint: 'Run it again: it continues where it stopped. Or wait longer with --lock-timeout.',
      });
    }
    await onShards(pool, `run_command_on_colocated_placements('datapoints', $1, $2)`, [changesOf(copy), command]);
    await sleep(POLL_MILLISECONDS, undefined, { signal });
  }
}

/** @returns how many shards do not list their changes */
export async function unfollowedShards(client: ClientBase | Pool, copy: string): Promise<number> {
  const { rows } = await client.query<{ shards: number }>(
    // By one connection to each server, as others may wait for it.
    `select count(*)::int as shards
       from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
       left join run_command_on_all_nodes($1) answer on answer.nodeid = pg_dist_node.nodeid and success
      where logicalrelid = 'datapoints'::regclass and noderole = 'primary'
        and not coalesce(result::jsonb ? ('datapoints_' || shardid), false)`,
    [
      `select coalesce(json_agg(shard), '[]') from (
         select relname as shard from pg_trigger join pg_class c on c.oid = tgrelid join pg_proc p on p.oid = tgfoid
          where proname = ${literal(copy)} and tgenabled = 'A' group by c.oid, relname having count(*) = 2) followed`,
    ],
  );
  return rows[0]?.shards ?? 0;
}

/** Has it be tried again while a server has a transaction that is still to be committed: it holds no lock of the coordinator. */
export const EXPECT_NO_PREPARED = `do $$ begin
    if exists (select from run_command_on_all_nodes('select count(*) from pg_prepared_xacts where database = current_database()')
                where not success or result <> '0') then
      raise lock_not_available using message = 'a transaction is still to be committed on a server';
    end if;
  end $$`;
