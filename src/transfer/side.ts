import type { ClientBase } from 'pg';
import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';
import { type AdvisoryLock, LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';

/** One of the two databases of a transfer: transactions on it, whose failures are told about it. */
export interface Side {
  readonly database: Database;
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
}

/** Calls `work` with one side, as it is at one moment where it is only read. */
export async function withSide<T>(
  database: Database,
  { readOnly = false, lock, signal }: { readOnly?: boolean; lock?: AdvisoryLock<never>; signal: AbortSignal },
  work: (side: Side) => Promise<T>,
): Promise<T> {
  const options = {
    settings: { ...PORTABLE_TEXT, ...LONG_RUNNING },
    ...(readOnly ? { isolation: 'repeatable read read only' } : {}),
    ...(lock ? { lock } : {}),
    signal,
  };
  return await withSession(database.pool, options, ({ transaction }) =>
    work({ database, transaction: (step) => asSide(database, transaction(step)) }),
  );
}

/** Failures of `step` as failures of this side's database. */
export async function asSide<T>({ where }: Pick<Database, 'where'>, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw databaseFailure(error, where);
  }
}
