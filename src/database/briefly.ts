import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { LockTimeoutError } from '../errors.ts';
import { failureCode } from './failure.ts';
import { LONG_RUNNING, PORTABLE_TEXT, type Settings, withSession } from './session.ts';

/** How long others wait behind a lock that the program waits for. */
const BRIEFLY = '100ms';
/** How long they have in between. */
const PAUSE_MILLISECONDS = 400;

interface Patience {
  lockTimeoutSeconds: number;
  signal: AbortSignal;
  settings?: Settings;
}

/**
 * Calls `work` in a transaction that waits for no lock longer than a moment, for others wait behind it; tries again until the
 * time is over.
 * @throws LockTimeoutError
 */
export async function briefly<T>(
  pool: Pool,
  { lockTimeoutSeconds, signal, settings: given = {} }: Patience,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  const settings = { ...PORTABLE_TEXT, ...LONG_RUNNING, ...given, lock_timeout: BRIEFLY };
  const deadline = performance.now() + lockTimeoutSeconds * 1000;
  return await withSession(pool, { settings, signal }, async ({ transaction }) => {
    for (;;) {
      try {
        return await transaction(work);
      } catch (error) {
        const isLocked = failureCode(error) === '55P03' || failureCode(error) === '40P01';
        if (!isLocked) {
          throw error;
        }
        if (performance.now() >= deadline) {
          throw new LockTimeoutError(`Other sessions have used "datapoints" for more than ${lockTimeoutSeconds} s.`, {
            hint: 'Run it again: it continues where it stopped. Or wait longer with --lock-timeout.',
            cause: error,
          });
        }
        await sleep(PAUSE_MILLISECONDS, undefined, { signal });
      }
    }
  });
}
