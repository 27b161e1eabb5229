import type { ClientBase, Pool } from 'pg';
import { identifier } from '../database/sql.ts';

/** "prun" as a number: the first key of the advisory lock of everybody who prunes a table; its id is the second. */
const PRUNE_LOCK = 0x7072756e;

/**
 * What a prune depends on, whatever the role has been set to. The server looks every half a second whether we are still
 * there, so that the lock of a killed process goes with it. Sorting is worse than following the index, batch after batch.
 */
const SETTINGS = `
  set lock_timeout = '100ms';
  set statement_timeout = 0;
  set transaction_timeout = 0;
  set default_transaction_isolation = 'read committed';
  set client_connection_check_interval = '500ms';
  set enable_sort = off;
  set jit = off`;

/**
 * Calls `work` with a connection of its own, unless another prune of the table is running.
 * @returns what `work` gives, or undefined where another one is at it
 */
export async function withPruneLock<T>(
  pool: Pool,
  table: string,
  work: (client: ClientBase) => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect();
  client.on('error', ignore);
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1, $2::text::regclass::oid::int4) as locked',
      [PRUNE_LOCK, identifier(table)],
    );
    if (!rows[0]?.locked) {
      return undefined;
    }
    await client.query(SETTINGS);
    return await work(client);
  } finally {
    // The lock and the settings end with the connection.
    client.release(true);
  }
}

/** A lost connection rejects the query that runs on it; the event, unheard, would end the program. */
function ignore(): void {}
