import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool, PoolClient } from 'pg';
import { literal } from './sql.ts';

const POLL_MILLISECONDS = 100;
/** After so long a connection that does not answer is given up; the server then rolls back by itself. */
const ROLLBACK_MILLISECONDS = 5000;

/** Settings of a transaction, by their names: they end with it, for a pooler may hand the connection to somebody else. */
export type Settings = Readonly<Record<string, string | number>>;

/**
 * A job may take longer than what roles are allowed for a query. The server looks every half a second whether we are still
 * there, so that nothing goes on, or holds a lock, for a program that was killed.
 */
export const LONG_RUNNING: Settings = {
  statement_timeout: 0,
  transaction_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  client_connection_check_interval: '500ms',
};

/** What the text of values depends on, whatever the role, the database or the server has been set to. */
export const PORTABLE_TEXT: Settings = {
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: 1,
  bytea_output: 'hex',
  client_encoding: 'UTF8',
};

/** `begin` with an isolation level, and settings that end with the transaction. */
export function beginWith(settings: Settings, isolation = 'read committed'): string {
  const statements = Object.entries(settings).map(([name, value]) => `set local ${name} = ${literal(String(value))}`);
  return [`begin isolation level ${isolation}`, ...statements].join('; ');
}

/** A connection of the pool, until it is given back. */
export interface Loan {
  readonly client: PoolClient;
  /** Gives it back to the pool; or closes it, which ends what it does on the server. The second call does nothing. */
  end(how: 'give back' | 'close'): void;
}

/** Takes a connection out of the pool. Its loss rejects the query that runs on it, and does not end the program. */
export async function lend(pool: Pool): Promise<Loan> {
  const client = await pool.connect();
  // The event, unheard, would end the program.
  const ignore = () => {};
  client.on('error', ignore);
  let ended = false;
  return {
    client,
    end(how) {
      if (ended) {
        return;
      }
      ended = true;
      if (how === 'close') {
        client.release(true);
      } else {
        client.off('error', ignore).release();
      }
    },
  };
}

/** An advisory lock, for as long as a job takes. */
export interface AdvisoryLock<Busy> {
  key: number;
  /** What of that kind is locked, as SQL for a second number, such as the id of a table. */
  of?: string;
  shared?: boolean;
  /** How long to wait for others; 0: not at all. */
  timeoutSeconds: number;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  /** What to do when others still have it then: throw, or give an answer in the place of the work's. */
  busy(): Busy;
}

export interface SessionOptions<Busy> {
  /** Of each transaction. */
  settings?: Settings;
  /** Of each transaction; `read committed` where left out. */
  isolation?: string;
  /** Held while `work` runs, over all of its transactions. */
  lock?: AdvisoryLock<Busy>;
  /** Closes the connection at once, which ends what it is doing on the server; the call then rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** Transactions on one connection, one after the other. */
export interface Session {
  /**
   * Calls `work` inside a transaction with the session's settings, which is committed when `work` resolves and rolled
   * back when it rejects.
   */
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
}

/** Calls `work` with a connection of its own. It goes back to the pool, or is closed if it can no longer be trusted. */
export async function withSession<T, Busy = never>(
  pool: Pool,
  { settings = {}, isolation, lock, signal }: SessionOptions<Busy>,
  work: (session: Session) => Promise<T>,
): Promise<T | Busy> {
  const locked = async () => {
    signal?.throwIfAborted();
    const loan = await lend(pool);
    const close = () => loan.end('close');
    signal?.addEventListener('abort', close, { once: true });
    const begin = beginWith(settings, isolation);
    try {
      return await work({ transaction: async (work) => await transaction(loan, begin, work) });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', close);
      loan.end('give back');
    }
  };
  return lock ? await withLock(pool, lock, locked) : await locked();
}

async function transaction<T>(loan: Loan, begin: string, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const { client } = loan;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    if (!(await rollback(client))) {
      loan.end('close');
    }
    throw error;
  }
}

async function rollback(client: ClientBase): Promise<boolean> {
  const deadline = new AbortController();
  const timedOut = sleep(ROLLBACK_MILLISECONDS, false, { signal: deadline.signal }).catch(() => false);
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

/**
 * Calls `work` while an advisory lock is held. The lock belongs to a transaction of a second connection, in which nothing
 * else happens: it may last over many transactions of `work`, ends with the process, and stays with its owner behind a
 * pooler.
 */
export async function withLock<T, Busy>(
  pool: Pool,
  { key, of, shared = false, timeoutSeconds, signal, busy }: AdvisoryLock<Busy>,
  work: () => Promise<T>,
): Promise<T | Busy> {
  const keys = of === undefined ? '$1' : `$1, ${of}`;
  const lock = `select pg_try_advisory_xact_lock${shared ? '_shared' : ''}(${keys}) as locked`;
  const loan = await lend(pool);
  const { client } = loan;
  const tryLock = async () => (await client.query<{ locked: boolean }>(lock, [key])).rows[0]?.locked === true;
  try {
    await client.query(beginWith(LONG_RUNNING));
    if (await pollLock(tryLock, timeoutSeconds, signal)) {
      return await work();
    }
  } finally {
    // Nothing was written: whether its end is heard of does not matter.
    loan.end((await rollback(client)) ? 'give back' : 'close');
  }
  return busy();
}

/** Tries until the lock is there or the time is up: Ctrl-C ends the wait, and nobody queues behind us on the server. */
export async function pollLock(
  tryLock: () => Promise<boolean>,
  timeoutSeconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  while (!(await tryLock())) {
    if (performance.now() >= deadline) {
      return false;
    }
    await sleep(POLL_MILLISECONDS, undefined, signal ? { signal } : {});
  }
  return true;
}
