import type { Pool } from 'pg';
import { LockTimeoutError } from '../errors.ts';
import { briefly } from './briefly.ts';
import { ON_ALL_SERVERS } from './distributed.ts';
import { failureCode } from './failure.ts';
import type { Settings } from './session.ts';

/** How long to try while others write. */
const WAIT_SECONDS = 10;

/**
 * Of a transaction on several servers: each of them is read by one connection, which keeps what it sees first.
 */
export const ONE_CONNECTION_EACH: Settings = { 'citus.max_adaptive_executor_pool_size': 1 };

/** Reads something on each server, so that it keeps what it sees. */
export const TOUCH_ALL = 'select count(*) from (select 1 from datapoints limit 1) as each_server';

/**
 * Calls `look` while nobody writes into the tables on several servers, for a moment: transactions that see all of them for the
 * first time then see the same state, whatever is written afterwards.
 * @returns why not; undefined if it was called so
 */
export async function whileNobodyWrites(
  pool: Pool,
  signal: AbortSignal,
  look: () => Promise<void>,
): Promise<string | undefined> {
  try {
    return await briefly(
      pool,
      { lockTimeoutSeconds: WAIT_SECONDS, signal, settings: ON_ALL_SERVERS },
      async (client) => {
        const { rows } = await client.query<{ old: string | null; tables: string }>(
          `select (select extversion from pg_extension where extname = 'citus'
                     and string_to_array(split_part(extversion, '-', 1), '.')::int[] < '{11,2}') as old,
                  (select string_agg(logicalrelid::text, ', ' order by logicalrelid::text) from pg_dist_partition
                    where partmethod in ('h', 'n')) as tables`,
        );
        const { old = null, tables = '' } = rows[0] ?? {};
        if (old !== null) {
          return `Citus ${old} has no snapshots on its workers`;
        }
        await client.query(`lock table ${tables} in share mode`);
        const { rows: doubtful } = await client.query(
          `select from run_command_on_all_nodes($$select count(*) from pg_prepared_xacts
             where database = current_database() and gid like 'citus%'$$) where not success or result <> '0'`,
        );
        if (doubtful.length > 0) {
          return 'a transaction over several servers is not finished on all of them';
        }
        await look();
        return undefined;
      },
    );
  } catch (error) {
    if (error instanceof LockTimeoutError) {
      return `others have been writing for more than ${WAIT_SECONDS} s`;
    }
    if (failureCode(error) === '42501') {
      return 'the role may not lock the tables';
    }
    throw error;
  }
}
