import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool, PoolClient } from 'pg';
import { literal } from './sql.ts';

const POLL_MILLISECONDS = 100;
/** How long to wait for a rollback before closing the connection; the server then rolls back by itself. */
const ROLLBACK_MILLISECONDS = 5000;

/** Settings of a transaction by name. They end with it, because a pooler may hand the connection to another client. */
export type Settings = Readonly<Record<string, string | number>>;

/**
 * Lifts the time limits of the role. The server checks twice per second that the client is still connected, so that no query
 * runs, and no lock is held, for a program that was killed.
 */
export const LONG_RUNNING: Settings = {
  statement_timeout: 0,
  transaction_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  client_connection_check_interval: '500ms',
};

/** Everything that the text form of values depends on, independent of the settings of role, database and server. */
export const PORTABLE_TEXT: Settings = {
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: 1,
  bytea_output: 'hex',
  client_encoding: 'UTF8',
};

/** Returns `begin` with an isolation level, and settings that end with the transaction. */
export function beginWith(settings: Settings, isolation = 'read committed'): string {
  return [`begin isolation level ${isolation}`, ...setLocal(settings)].join('; ');
}

/** Returns the statements that set these until the transaction ends. */
export function setLocal(settings: Settings): string[] {
  return Object.entries(settings).map(([name, value]) => `set local ${name} = ${literal(String(value))}`);
}

/** Calls `work` with settings that end with it, within the transaction that the client is in. */
export async function withSettings<T>(client: ClientBase, settings: Settings, work: () => Promise<T>): Promise<T> {
  await client.query(['savepoint before_settings', ...setLocal(settings)].join('; '));
  const result = await work();
  // Rolling back takes the settings back too; releasing the savepoint alone would not.
  await client.query('rollback to savepoint before_settings; release savepoint before_settings');
  return result;
}

/** A connection taken out of the pool. */
export interface Loan {
  readonly client: PoolClient;
  /** Returns it to the pool; or closes it, which stops what it is doing on the server. A second call does nothing. */
  end(how: 'give back' | 'close'): void;
}

/** Takes a connection out of the pool. If it is lost, the running query is rejected, and the program continues. */
export async function lend(pool: Pool): Promise<Loan> {
  const client = await pool.connect();
  // Without a listener, the event would stop the program.
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
      if (how === 'close' || pool.ending) {
        client.release(true);
        // What comes while it is closed, the pool would report: to nobody, and stop the program, if nobody listens.
        client.removeAllListeners('error').on('error', ignore);
      } else {
        client.off('error', ignore).release();
      }
    },
  };
}

/** An advisory lock that is held for the duration of a job. */
export interface AdvisoryLock<Busy> {
  key: number;
  /** SQL for a second key, such as the id of a table. */
  of?: string;
  shared?: boolean;
  /** How long to wait for other holders; 0 does not wait. */
  timeoutSeconds: number;
  /** Aborts the wait. */
  signal?: AbortSignal | undefined;
  /** Called if the lock is still held by others then: throws, or returns the result instead of the work. */
  busy(): Busy;
}

export interface SessionOptions<Busy> {
  /** Of each transaction. */
  settings?: Settings;
  /** Of each transaction; `read committed` by default. */
  isolation?: string;
  /** Rolls each transaction back at its end. */
  dryRun?: boolean;
  /** Held while `work` runs, across all of its transactions. */
  lock?: AdvisoryLock<Busy>;
  /**
   * Closes the connection immediately, which stops what it is doing on the server; the call rejects with its reason. A commit
   * that has begun is finished.
   */
  signal?: AbortSignal | undefined;
}

/** Consecutive transactions. */
export interface Session {
  /**
   * Calls `work` in a transaction with the settings of the session. Commits when `work` resolves, and rolls back when it
   * rejects.
   */
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
}

/**
 * Calls `work` with a session. Each transaction has a connection of its own, which then returns to the pool, or is closed if
 * its state is unknown: between two transactions, an idle one may be closed by the server.
 */
export async function withSession<T, Busy = never>(
  pool: Pool,
  { settings = {}, isolation, dryRun = false, lock, signal }: SessionOptions<Busy>,
  work: (session: Session) => Promise<T>,
): Promise<T | Busy> {
  const locked = async () => {
    const ends = { begin: beginWith(settings, isolation), commit: dryRun ? 'rollback' : 'commit' };
    try {
      return await work({ transaction: async (work) => await transaction(pool, ends, work, signal) });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  };
  return lock ? await withLock(pool, lock, locked) : await locked();
}

async function transaction<T>(
  pool: Pool,
  { begin, commit }: { begin: string; commit: string },
  work: (client: ClientBase) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  const loan = await lend(pool);
  const { client } = loan;
  const close = () => loan.end('close');
  signal?.addEventListener('abort', close, { once: true });
  try {
    signal?.throwIfAborted();
    await client.query(begin);
    const result = await work(client);
    signal?.throwIfAborted();
    // From here on, an interruption would leave unknown whether the server has committed.
    signal?.removeEventListener('abort', close);
    await client.query(commit);
    return result;
  } catch (error) {
    signal?.removeEventListener('abort', close);
    if (!(await rollback(client))) {
      loan.end('close');
    }
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    loan.end('give back');
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
 * Calls `work` while an advisory lock is held. The lock belongs to a transaction of a second connection that does nothing
 * else: it spans many transactions of `work`, ends with the process, and stays with its owner behind a pooler.
 */
export async function withLock<T, Busy>(
  pool: Pool,
  { key, of, shared = false, timeoutSeconds, signal, busy }: AdvisoryLock<Busy>,
  work: () => Promise<T>,
): Promise<T | Busy> {
  const keys = of === undefined ? `${key}::bigint` : `${key}, ${of}`;
  // Without parameters: the portal of a statement with some would keep its snapshot, which VACUUM and new indexes wait for.
  const lock = `select pg_try_advisory_xact_lock${shared ? '_shared' : ''}(${keys}) as locked`;
  const loan = await lend(pool);
  const { client } = loan;
  const tryLock = async () => (await client.query<{ locked: boolean }>(lock)).rows[0]?.locked === true;
  try {
    await client.query(beginWith(LONG_RUNNING));
    if (await pollLock(tryLock, timeoutSeconds, signal)) {
      return await work();
    }
  } finally {
    // Nothing was written, so a failed rollback loses nothing.
    loan.end((await rollback(client)) ? 'give back' : 'close');
  }
  return busy();
}

/** Tries until the lock is acquired or the time is over, so that Ctrl-C aborts the wait, and no queue forms on the server. */
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
