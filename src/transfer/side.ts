import type { ClientBase } from 'pg';
import type { Database } from '../database/database.ts';
import { IN_SEQUENCE } from '../database/distributed.ts';
import { databaseFailure } from '../database/failure.ts';
import { chunksRead, expectNotMoved } from '../database/moved-chunks.ts';
import { type AdvisoryLock, LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';
import { beginOnEachServer, READ_ONLY } from '../database/snapshot.ts';

/** One of the two databases of a transfer: runs transactions, and attributes their failures to it. */
export interface Side {
  readonly database: Database;
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
}

/**
 * Rows are read by the index of their ids: without statistics, a table that was just filled would be sorted. The sorts that build
 * the indexes of a million rows fit into memory, where one process takes less time of the processors than several: other indexes
 * are built meanwhile.
 */
const FOR_WHOLE_TABLES = {
  enable_sort: 'off',
  maintenance_work_mem: '128MB',
  min_parallel_table_scan_size: '256MB',
};

/** Calls `work` with one side; each transaction of a read-only side is one snapshot, else `caveats` say so. */
export async function withSide<T>(
  database: Database,
  { readOnly = false, lock, signal }: { readOnly?: boolean; lock?: AdvisoryLock<never>; signal: AbortSignal },
  work: (side: Side) => Promise<T>,
): Promise<T> {
  const isDistributed = database.storage === 'distributed';
  const settings = {
    ...PORTABLE_TEXT,
    ...LONG_RUNNING,
    ...FOR_WHOLE_TABLES,
    ...(isDistributed && !readOnly ? IN_SEQUENCE : {}),
  };
  const options = { settings, ...(readOnly ? { isolation: READ_ONLY } : {}), ...(lock ? { lock } : {}), signal };
  return await withSession(database.pool, options, async ({ transaction }) => {
    const oneMoment: Side['transaction'] = async (step) =>
      await transaction(async (client) => {
        if (isDistributed && readOnly) {
          await beginOnEachServer(database.pool, signal, client, settings);
        }
        return await step(client);
      });
    const whole: Side['transaction'] = async (step) => {
      const [result, chunks] = await transaction(
        async (client) => [await step(client), await chunksRead(client)] as const,
      );
      await transaction(async (client) => await expectNotMoved(client, chunks));
      return result;
    };
    const run = readOnly && database.storage === 'hypertable' ? whole : oneMoment;
    return await work({ database, transaction: async (step) => await asSide(database, run(step)) });
  });
}

/** Attributes failures of `step` to the database of this side. */
export async function asSide<T>({ where }: Pick<Database, 'where'>, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw databaseFailure(error, where);
  }
}
