import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { LockTimeoutError } from '../errors.ts';
import { lend } from './session.ts';

const POLL_MILLISECONDS = 100;

interface Limits {
  lockTimeoutSeconds: number;
  /** Cancels the statement. */
  signal?: AbortSignal;
}

/**
 * Runs a statement that is barred from transactions. Settings would stay with the connection, which a pooler hands to others,
 * so it runs without: a second connection recognises it by a comment, cancels it when it waits too long for a lock, and on
 * abort.
 * @returns the server's first warning
 * @throws LockTimeoutError
 */
export async function runAlone(
  pool: Pool,
  statement: string,
  { lockTimeoutSeconds, signal }: Limits,
): Promise<string | null> {
  const mark = `/* ${randomUUID()} */`;
  const warnings: string[] = [];
  const note = ({ severity, message }: { severity?: string | undefined; message?: string | undefined }) => {
    if (severity === 'WARNING') {
      warnings.push(message ?? '');
    }
  };
  const loan = await lend(pool);
  const { client } = loan;
  const ended = new AbortController();
  client.on('notice', note);
  const timedOut = watch(pool, mark, lockTimeoutSeconds, ended.signal, signal);
  try {
    await client.query(`${mark} ${statement}`);
    return warnings[0] ?? null;
  } catch (error) {
    ended.abort();
    if (await timedOut) {
      throw new LockTimeoutError(`Other sessions blocked "${statement}" for more than ${lockTimeoutSeconds} s.`, {
        hint: 'Try again, or wait longer with --lock-timeout.',
        cause: error,
      });
    }
    throw error;
  } finally {
    ended.abort();
    client.off('notice', note);
    loan.end('give back');
  }
}

/** @returns whether the statement has been cancelled because it waited too long for a lock */
async function watch(
  pool: Pool,
  mark: string,
  timeoutSeconds: number,
  ended: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let waitingSince: number | undefined;
  for (;;) {
    await sleep(POLL_MILLISECONDS, undefined, { signal: ended }).catch(() => {});
    if (ended.aborted) {
      return false;
    }
    const timedOut = waitingSince !== undefined && performance.now() - waitingSince >= timeoutSeconds * 1000;
    // A failed look is no reason to give up the statement; the next one follows.
    const waiting = await look(pool, mark, timedOut || signal?.aborted === true).catch(() => undefined);
    if (timedOut && waiting) {
      return true;
    }
    waitingSince = waiting ? (waitingSince ?? performance.now()) : undefined;
  }
}

/** @returns whether the statement waits for a lock */
async function look(pool: Pool, mark: string, cancel: boolean): Promise<boolean> {
  const { rows } = await pool.query<{ waiting: boolean }>(
    `select wait_event_type is not distinct from 'Lock' as waiting, $2 and pg_cancel_backend(pid) as cancelled
       from pg_stat_activity where starts_with(query, $1) and state = 'active'`,
    [mark, cancel],
  );
  return rows[0]?.waiting === true;
}
