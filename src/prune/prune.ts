import type { Pool } from 'pg';
import { identifier } from '../database/sql.ts';
import { withPruneLock } from './lock.ts';
import { expectTables } from './places.ts';
import type { PrunePlan } from './plan.ts';
import { PruneRun, type PruneSettings } from './run.ts';

/** Rows that others held are tried once more, after so long. */
const SECOND_TRY_MILLISECONDS = 500;

export interface PruneResult {
  deleted: number;
  /** How many rows other sessions held; the next prune finds them. */
  remaining: number;
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
  await expectTables(pool, plan);
  let count = 0;
  for (const { sql, parameters } of conditions) {
    const { rows } = await pool.query<{ rows: number }>(
      `select count(*)::float8 as rows from ${identifier(table)} where ${sql}`,
      [...parameters],
    );
    count += rows[0]?.rows ?? 0;
  }
  return count;
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
 * @throws InterruptedError when aborted, LockTimeoutError when somebody keeps the table locked, DatabaseError when the
 * database refuses; each says how many rows are gone. The errors of {@link expectTables}, before anything is deleted.
 */
export async function prune(
  pool: Pool,
  plan: PrunePlan,
  settings: PruneSettings = {},
): Promise<PruneResult | undefined> {
  const started = performance.now();
  return await withPruneLock(pool, plan.table, async (client) => {
    await expectTables(client, plan);
    const run = new PruneRun(client, plan, settings);
    let remaining = await run.pass();
    if (remaining > 0) {
      await run.pause(SECOND_TRY_MILLISECONDS);
      remaining = await run.pass();
    }
    return { deleted: run.deleted, remaining, seconds: (performance.now() - started) / 1000 };
  });
}
