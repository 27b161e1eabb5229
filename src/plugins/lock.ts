import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { InterruptedError, LockTimeoutError } from '../errors.ts';

/** Whoever changes packages holds this advisory lock; whoever compares them shares it. */
const PACKAGES_LOCK = 0x706c7567;
const POLL_MILLISECONDS = 100;

export interface PackagesLock {
  lockTimeoutSeconds: number;
  signal?: AbortSignal | undefined;
}

/**
 * Calls `work` while nobody else changes packages, or, where `shared`, while nobody changes them at all. The lock belongs to
 * a connection of its own, so that it spans several transactions and goes with the process.
 * @throws LockTimeoutError
 */
export async function withPackagesLock<T>(
  em: EntityManager,
  mode: 'exclusive' | 'shared',
  { lockTimeoutSeconds, signal }: PackagesLock,
  work: () => Promise<T>,
): Promise<T> {
  const pool: Pool = await em.getConnection('write').getNativeClient();
  const client = await pool.connect();
  // A lost connection shows where it is used next; unheard, the event would end the program.
  client.on('error', () => {});
  const lock = mode === 'shared' ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  try {
    await client.query('set idle_session_timeout = 0');
    const deadline = performance.now() + lockTimeoutSeconds * 1000;
    for (;;) {
      const { rows } = await client.query<{ locked: boolean }>(`select ${lock}($1) as locked`, [PACKAGES_LOCK]);
      if (rows[0]?.locked) {
        break;
      }
      if (performance.now() > deadline) {
        throw new LockTimeoutError(
          `Another process is changing plugin packages, for more than ${lockTimeoutSeconds} s now.`,
          {
            hint: 'Try again when it is done, or wait longer with --lock-timeout.',
          },
        );
      }
      await sleep(POLL_MILLISECONDS);
      if (signal?.aborted) {
        throw new InterruptedError();
      }
    }
    return await work();
  } finally {
    // Closed, not given back: the lock and the setting go with it.
    client.release(true);
  }
}
