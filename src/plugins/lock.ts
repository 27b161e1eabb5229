import type { EntityManager } from '@mikro-orm/postgresql';
import { withLock } from '../database/session.ts';
import { LockTimeoutError } from '../errors.ts';

/** Whoever changes packages holds this advisory lock; whoever compares them shares it. */
const PACKAGES_LOCK = 0x706c7567;

export interface PackagesLock {
  lockTimeoutSeconds: number;
  signal?: AbortSignal | undefined;
}

/**
 * Calls `work` while nobody else changes packages, or, where `shared`, while nobody changes them at all.
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
      `Another process is changing plugin packages, for more than ${lockTimeoutSeconds} s now.`,
      { hint: 'Try again when it is done, or wait longer with --lock-timeout.' },
    );
  };
  const lock = { key: PACKAGES_LOCK, shared: mode === 'shared', timeoutSeconds: lockTimeoutSeconds, signal, busy };
  return await withLock(pool, lock, work);
}
