import type { EntityManager } from '@mikro-orm/postgresql';
import { withLock } from '../database/session.ts';
import { LockTimeoutError } from '../errors.ts';

/** Held exclusively by processes that change packages, and shared by those that compare them. */
const PACKAGES_LOCK = 0x706c7567;

export interface PackagesLock {
  lockTimeoutSeconds: number;
  signal?: AbortSignal | undefined;
}

/**
 * Calls `work` while no other process changes packages or, if `shared`, while none changes them at all.
 * @throws LockTimeoutError
 */
export async function withPackagesLock<T>(
  em: EntityManager,
  mode: 'exclusive' | 'shared',
  { lockTimeoutSeconds, signal }: PackagesLock,
  work: () => Promise<T>,
): Promise<T> {
  const pool = await em.getConnection('write').getNativeClient();
  const busy = () => {
    throw new LockTimeoutError(
      `Another process has been changing plugin packages for more than ${lockTimeoutSeconds} s.`,
      { hint: 'Try again when it is done, or wait longer with --lock-timeout.' },
    );
  };
  const lock = { key: PACKAGES_LOCK, shared: mode === 'shared', timeoutSeconds: lockTimeoutSeconds, signal, busy };
  return await withLock(pool, lock, work);
}
