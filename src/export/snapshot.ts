import type { ClientBase, Pool, PoolClient, QueryResult } from 'pg';
import { literal } from '../database/sql.ts';

const BEGIN = 'begin isolation level repeatable read read only';
/**
 * What an export depends on, whatever the role, the database or the server has been set to. The server looks every half
 * a second whether we are still there, so that a query ends with its connection even while it sorts. By bitmap the
 * planner would, without a better index, read all of an experiment's index for each slice.
 */
const SETTINGS = `
  set local timezone = 'UTC';
  set local datestyle = 'ISO';
  set local extra_float_digits = 1;
  set local client_encoding = 'UTF8';
  set local statement_timeout = 0;
  set local transaction_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local client_connection_check_interval = '500ms';
  set local jit = off;
  set local enable_bitmapscan = off;
  set local work_mem = '32MB'`;

/** Connections that all see the database as it was at one moment. */
export interface Snapshot {
  readonly leader: ClientBase;
  /** One more connection with the same view, or `undefined` if the server or the pool has none to spare. */
  join(): Promise<ClientBase | undefined>;
}

/**
 * Calls `work` with a snapshot. Afterwards all connections go back to the pool. If `work` fails or `signal` is aborted
 * they are closed at once instead, which ends what they are doing on the server, and the call rejects.
 */
export async function withSnapshot<T>(
  pool: Pool,
  signal: AbortSignal,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const lent = new Set<PoolClient>();
  let over = false;

  async function borrow(): Promise<PoolClient> {
    const client = await pool.connect();
    if (over) {
      client.release();
      throw signal.reason ?? new Error('The snapshot has been given back');
    }
    client.on('error', ignore);
    lent.add(client);
    return client;
  }
  function giveBack(broken: boolean): void {
    for (const client of lent) {
      if (broken) {
        client.release(true);
      } else {
        client.off('error', ignore).release();
      }
    }
  }

  async function lead(): Promise<T> {
    const leader = await borrow();
    // Several statements in one query have several results, which its types do not know.
    const results: unknown = await leader.query(`${BEGIN}; ${SETTINGS}; select pg_export_snapshot() as id`);
    const { id } = (results as QueryResult<{ id: string }>[]).at(-1)?.rows[0] ?? { id: '' };
    const result = await work({
      leader,
      async join() {
        const client = await borrow().catch(() => undefined);
        const begun = client?.query(`${BEGIN}; SET TRANSACTION SNAPSHOT ${literal(id)}; ${SETTINGS}`);
        // Too late to be of use, it may find the snapshot gone.
        await begun?.catch((error) => over || Promise.reject(error));
        return over ? undefined : client;
      },
    });
    over = true;
    await Promise.all([...lent].map((client) => client.query('commit')));
    return result;
  }

  try {
    const result = await unlessAborted(signal, lead);
    giveBack(false);
    return result;
  } catch (error) {
    over = true;
    giveBack(true);
    throw error;
  }
}

async function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A lost connection rejects the query that runs on it; the event, unheard, would end the program. */
function ignore(): void {}
