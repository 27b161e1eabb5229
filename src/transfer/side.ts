import type { ClientBase } from 'pg';
import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';
import { type AdvisoryLock, LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';
import { noteSeveralMoments } from '../database/snapshot.ts';
import { ConflictError } from '../errors.ts';

/** One of the two databases of a transfer: runs transactions, and attributes their failures to it. */
export interface Side {
  readonly database: Database;
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
}

/**
 * Rows are read by the index of their ids: without statistics, a table that was just filled would be sorted. The sorts that build
 * its indexes fit into memory for a million rows.
 */
const FOR_WHOLE_TABLES = { enable_sort: 'off', maintenance_work_mem: '128MB' };

/**
 * Calls `work` with one side; a read-only side is one snapshot, unless it is on several servers.
 * @throws ConflictError if rows are to be written to several servers
 */
export async function withSide<T>(
  database: Database,
  { readOnly = false, lock, signal }: { readOnly?: boolean; lock?: AdvisoryLock<never>; signal: AbortSignal },
  work: (side: Side) => Promise<T>,
): Promise<T> {
  if (database.storage === 'distributed' && !readOnly) {
    throw new ConflictError(`${database.where} stores its datapoints on several servers, and cannot be copied into.`, {
      hint: 'Copy into a database with one table, and distribute that afterwards: webmacs db storage citus',
    });
  }
  if (database.storage === 'distributed') {
    noteSeveralMoments(database.pool, 'a copy reads each server when it comes to it');
  }
  const options = {
    settings: { ...PORTABLE_TEXT, ...LONG_RUNNING, ...FOR_WHOLE_TABLES },
    ...(readOnly ? { isolation: 'repeatable read read only' } : {}),
    ...(lock ? { lock } : {}),
    signal,
  };
  return await withSession(database.pool, options, ({ transaction }) =>
    work({ database, transaction: (step) => asSide(database, transaction(step)) }),
  );
}

/** Attributes failures of `step` to the database of this side. */
export async function asSide<T>({ where }: Pick<Database, 'where'>, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw databaseFailure(error, where);
  }
}
