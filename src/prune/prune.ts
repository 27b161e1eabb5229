import type { Pool } from 'pg';
import { distributionOf, ON_ALL_SERVERS } from '../database/distributed.ts';
import { LONG_RUNNING, withSession } from '../database/session.ts';
import { identifier, literal } from '../database/sql.ts';
import { dropPartitions } from './drop-partitions.ts';
import { expectTables } from './places.ts';
import { type PrunePlan, perEvent } from './plan.ts';
import { PruneRun, type PruneSettings } from './run.ts';

/** "prun" as a number: the first key of the advisory lock of everybody who prunes a table; its id is the second. */
const PRUNE_LOCK = 0x7072756e;

/** Batches follow the index: sorting each of them is slower. */
const SETTINGS = { ...LONG_RUNNING, lock_timeout: '100ms', enable_sort: 'off', jit: 'off' };

/** Rows that other sessions held are tried again after this pause. */
const SECOND_TRY_MILLISECONDS = 500;

export interface PruneResult {
  deleted: number;
  /** How many rows other sessions held; the next prune finds them. */
  remaining: number;
  /** The partitions that were dropped, with all of their rows. */
  dropped: string[];
  seconds: number;
}

/**
 * How many rows a prune would delete.
 *
 * @example
 * ```ts
 * const cutoff = await cutoffOf(database.pool, 90 * 24 * 3600);
 * console.log(await countPrunable(database.pool, oldLogs(cutoff, { loggingType: 'info' })));
 * // 2
 * ```
 * @throws what the prune would throw for a view or a foreign table
 */
export async function countPrunable(pool: Pool, plan: PrunePlan): Promise<number> {
  const { table, conditions } = plan;
  return await withSession(pool, { settings: LONG_RUNNING }, async ({ transaction }) =>
    transaction(async (client) => {
      await expectTables(client, plan);
      let count = 0;
      for (const { sql, parameters } of conditions) {
        const { rows } = await client.query<{ rows: number }>(
          `select count(*)::float8 as rows from ${identifier(table)} where ${sql}`,
          [...parameters],
        );
        count += rows[0]?.rows ?? 0;
      }
      return count;
    }),
  );
}

/** @returns the plan for a table that Citus stores: its batches are of one server each, or of all; else undefined */
async function spreadPlan(pool: Pool, plan: PrunePlan): Promise<PrunePlan | undefined> {
  const distribution = await distributionOf(pool, plan.table);
  if (distribution === undefined || distribution === 'copies' || distribution.column !== 'event_public_id') {
    return distribution && { ...plan, copies: true };
  }
  const { rows } = await pool.query<{ id: string }>('select public_id as id from events order by id');
  const events = rows.map(({ id }) => id);
  return { ...plan, conditions: plan.conditions.flatMap((one) => (one.within ? [one] : perEvent(one, events))) };
}

/**
 * Deletes the rows of a plan, batch by batch. What a batch has deleted stays deleted, whatever happens to the next.
 *
 * @example
 * ```ts
 * const cutoff = await cutoffOf(database.pool, 90 * 24 * 3600);
 * const result = await prune(database.pool, oldLogs(cutoff));
 * console.log(result?.deleted, result?.remaining);
 * // 2 0
 * ```
 * @returns undefined when another prune of the table is running
 * @throws InterruptedError when aborted, LockTimeoutError when another session keeps the table locked, DatabaseError
 * when the database refuses; each states how many rows were deleted. The errors of {@link expectTables}, before anything is
 * deleted.
 */
export async function prune(
  pool: Pool,
  plan: PrunePlan,
  settings: PruneSettings = {},
): Promise<PruneResult | undefined> {
  const started = performance.now();
  const of = `${literal(identifier(plan.table))}::regclass::oid::int4`;
  const lock = { key: PRUNE_LOCK, of, timeoutSeconds: 0, busy: () => undefined };
  const spread = await spreadPlan(pool, plan);
  const transactions = { settings: spread ? { ...ON_ALL_SERVERS, ...SETTINGS } : SETTINGS, lock };
  return await withSession(pool, transactions, async (session) => {
    await session.transaction((client) => expectTables(client, plan));
    const run = new PruneRun(session, spread ?? plan, settings);
    const dropped = await dropPartitions(pool, plan, {
      ...settings,
      onDropped: (rows) => {
        run.deleted += rows;
        settings.onBatch?.(run.deleted);
      },
    });
    if (plan.table === 'datapoints') {
      await run.compressed(pool);
    }
    let remaining = await run.pass();
    if (remaining > 0) {
      await run.pause(SECOND_TRY_MILLISECONDS);
      remaining = await run.pass();
    }
    return { deleted: run.deleted, remaining, dropped, seconds: (performance.now() - started) / 1000 };
  });
}
