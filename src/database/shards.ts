import type { ClientBase, Pool } from 'pg';
import { DatabaseError } from '../errors.ts';

/** A part of the datapoints on one of the servers of Citus. */
export interface Shard {
  shard: string;
  server: string;
  /** PostgreSQL's estimate, or counted if it has none. */
  rows: number;
  bytes: number;
  /** Rows that VACUUM would remove. */
  dead: number;
  /** Rows that have changed since they were last analysed. */
  changed: number;
}

/**
 * Asks each server of Citus for its shards of the datapoints.
 * @throws DatabaseError if one does not answer
 */
export async function shardsOf(client: ClientBase | Pool): Promise<Shard[]> {
  const command = `
    select json_build_object('bytes', pg_total_relation_size(oid), 'dead', pg_stat_get_dead_tuples(oid),
                             'changed', pg_stat_get_mod_since_analyze(oid), 'rows',
                             case when reltuples < 0 then (select count(*) from %1$s) else reltuples end)
      from pg_class where oid = '%1$s'::regclass`;
  const answers = await onShards(client, `run_command_on_placements('datapoints', $1)`, [command]);
  return answers.map(({ shard, server, result }) => ({
    shard: `datapoints_${shard}`,
    server,
    ...(JSON.parse(result) as Omit<Shard, 'shard' | 'server'>),
  }));
}

/**
 * Has each server run a command on its shards of the datapoints, in transactions of their own.
 * @param call that of the function of Citus that does so
 * @returns what each has answered
 * @throws DatabaseError if one does not answer, or refuses
 */
export async function onShards(
  client: ClientBase | Pool,
  call: string,
  parameters: readonly string[],
): Promise<{ shard: string; server: string; result: string }[]> {
  const { rows } = await client.query<{ shard: string; server: string; success: boolean; result: string }>(
    `select to_json(answer)->>'shardid' as shard, nodename || ':' || nodeport as server, success, result
       from ${call} as answer order by server, shard`,
    [...parameters],
  );
  const failed = rows.find(({ success }) => !success);
  if (failed) {
    throw new DatabaseError(`${failed.server}, which has a part of the datapoints, failed: ${failed.result}.`, {
      hint: 'Is it running? Citus lists its servers in pg_dist_node.',
    });
  }
  return rows;
}

/** Returns the tables of which the coordinator still has the rows from before they were distributed, which nobody sees. */
export async function localCopies(
  client: ClientBase | Pool,
  tables: readonly string[],
): Promise<{ table: string; bytes: number }[]> {
  const { rows } = await client.query<{ table: string; bytes: number }>(
    `select logicalrelid::text as table, pg_total_relation_size(logicalrelid)::float8 as bytes
       from pg_dist_partition where logicalrelid = any ($1::regclass[]) and pg_relation_size(logicalrelid) > 0`,
    [tables],
  );
  return rows;
}
