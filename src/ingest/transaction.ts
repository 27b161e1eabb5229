import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';

/** After so long a connection that does not answer is given up; the server then rolls back by itself. */
const ROLLBACK_MILLISECONDS = 5000;

/**
 * A load may take longer than what roles are allowed for a query. The server looks every half a second whether we are
 * still there, so that nothing goes on, or holds a lock, for a program that was killed.
 */
const SETTINGS = `
  set local statement_timeout = 0;
  set local transaction_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local client_connection_check_interval = '500ms'`;

/**
 * Calls `work` with a connection inside a transaction, which is committed when `work` resolves and rolled back when it
 * rejects. The connection goes back to the pool, or is closed if it can no longer be trusted.
 */
export async function withTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', ignore);
  try {
    await client.query(`begin; ${SETTINGS}`);
    const result = await work(client);
    await client.query('commit');
    client.off('error', ignore).release();
    return result;
  } catch (error) {
    if (await rollback(client)) {
      client.off('error', ignore).release();
    } else {
      client.release(true);
    }
    throw error;
  }
}

async function rollback(client: PoolClient): Promise<boolean> {
  const deadline = new AbortController();
  const timedOut = sleep(ROLLBACK_MILLISECONDS, false, { signal: deadline.signal });
  timedOut.catch(ignore);
  const rolledBack = client.query('rollback').then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([rolledBack, timedOut]);
  } finally {
    deadline.abort();
  }
}

/** A lost connection rejects the query that runs on it; the event, unheard, would end the program. */
function ignore(): void {}
