import type { Pool } from 'pg';
import { SCHEMA_LOCK_HOLDERS } from '../database/current-schema.ts';
import { pollLock } from '../database/session.ts';
import { LockTimeoutError } from '../errors.ts';
import type { ConversionOptions } from './conversion.ts';

/**
 * Waits until all transactions of others have ended that may have a snapshot from before; or, of `writers`, only those that have
 * written by now.
 * @throws LockTimeoutError
 */
export async function settle(
  pool: Pool,
  { lockTimeoutSeconds, signal }: ConversionOptions,
  of: 'all' | 'writers' = 'all',
): Promise<void> {
  const running = async (before?: string[]) => {
    const { rows } = await pool.query<{ transactions: string[] }>(TRANSACTIONS, [before ?? null, of === 'writers']);
    return rows[0]?.transactions ?? [];
  };
  const before = await running();
  if (!(await pollLock(async () => (await running(before)).length === 0, lockTimeoutSeconds, signal))) {
    throw new LockTimeoutError(
      `A transaction of another session has been open for more than ${lockTimeoutSeconds} s.`,
      {
        hint: 'Run it again when it has ended: it continues where it stopped. Or wait longer with --lock-timeout.',
      },
    );
  }
}

/** Others than the one that holds the lock of this conversion, and than vacuums, which belong to no user. */
const TRANSACTIONS = `
  select array(
    select virtualxid from pg_locks l join pg_stat_activity a using (pid)
     where locktype = 'virtualxid' and l.granted and datname = current_database() and usesysid is not null
       and pid <> pg_backend_pid() and ($1::text[] is null or virtualxid = any ($1))
       and (not $2 or pid in (select pid from pg_locks where locktype = 'transactionid' and mode = 'ExclusiveLock'))
       and pid not in (${SCHEMA_LOCK_HOLDERS})
    union all
    -- What is prepared belongs to no session.
    select transaction::text from pg_prepared_xacts
     where database = current_database() and ($1::text[] is null or transaction::text = any ($1))) as transactions`;
