import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { failureCode } from '../database/failure.ts';
import { identifier } from '../database/sql.ts';
import { InterruptedError, LockTimeoutError } from '../errors.ts';
import { type Batch, deleteBatch, type Position } from './batch.ts';
import { withPruneLock } from './lock.ts';
import type { PrunePlan } from './plan.ts';

/** Rows that others held are tried once more, after so long. */
const SECOND_TRY_MILLISECONDS = 500;
const LOCK_NOT_AVAILABLE = '55P03';

const DEFAULTS = { batchSize: 5000, lockTimeoutSeconds: 60 };

export interface PruneSettings {
  /** Rows a batch, and so a transaction; 5000 where left out. */
  batchSize?: number;
  /** How long to wait for somebody who has locked the whole table; 60 where left out. */
  lockTimeoutSeconds?: number;
  /** Ends the prune after the batch that is running. */
  signal?: AbortSignal;
  /** Told after each batch how many rows are gone. */
  onBatch?(deleted: number): void;
}

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
 */
export async function countPrunable(pool: Pool, { table, conditions }: PrunePlan): Promise<number> {
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
 * @throws InterruptedError when aborted, LockTimeoutError when somebody keeps the table locked; both say how many rows are gone
 */
export async function prune(
  pool: Pool,
  plan: PrunePlan,
  settings: PruneSettings = {},
): Promise<PruneResult | undefined> {
  const started = performance.now();
  return await withPruneLock(pool, plan.table, async (client) => {
    const run = new Run(client, plan, settings);
    let remaining = await run.pass();
    if (remaining > 0) {
      await run.pause(SECOND_TRY_MILLISECONDS);
      remaining = await run.pass();
    }
    return { deleted: run.deleted, remaining, seconds: (performance.now() - started) / 1000 };
  });
}

/** One prune while it runs. */
class Run {
  deleted = 0;
  readonly #client: ClientBase;
  readonly #plan: PrunePlan;
  readonly #settings: PruneSettings & typeof DEFAULTS;
  readonly #signal: AbortSignal;

  constructor(client: ClientBase, plan: PrunePlan, settings: PruneSettings = {}) {
    this.#client = client;
    this.#plan = plan;
    this.#settings = { ...DEFAULTS, ...settings };
    this.#signal = settings.signal ?? new AbortController().signal;
  }

  /** Goes once through all rows, and gives the number of those that others hold. */
  async pass(): Promise<number> {
    let held = 0;
    for (const condition of this.#plan.conditions) {
      let position: Position | undefined;
      let batch: Batch;
      do {
        batch = await this.#batch(condition, position);
        position = batch.position;
        held += batch.found - batch.deleted;
        this.deleted += batch.deleted;
        this.#settings.onBatch?.(this.deleted);
      } while (batch.found === this.#settings.batchSize);
    }
    return held;
  }

  async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#signal }).catch(() => this.#throwIfInterrupted());
  }

  async #batch(condition: PrunePlan['conditions'][number], position: Position | undefined): Promise<Batch> {
    const { batchSize, lockTimeoutSeconds } = this.#settings;
    const deadline = performance.now() + lockTimeoutSeconds * 1000;
    for (;;) {
      this.#throwIfInterrupted();
      try {
        return await deleteBatch(this.#client, this.#plan, condition, batchSize, position);
      } catch (error) {
        if (failureCode(error) !== LOCK_NOT_AVAILABLE) {
          throw error;
        }
        if (performance.now() > deadline) {
          throw new LockTimeoutError(
            `Another session has locked the table ${this.#plan.table} for more than ${lockTimeoutSeconds} s. ${this.#gone}`,
            { hint: 'Try again when it is done, or wait longer with --lock-timeout.', cause: error },
          );
        }
        await this.pause(100);
      }
    }
  }

  #throwIfInterrupted(): void {
    if (this.#signal.aborted) {
      throw new InterruptedError(`Interrupted. ${this.#gone}`);
    }
  }

  get #gone(): string {
    return this.deleted === 0
      ? 'Nothing was deleted.'
      : `${this.deleted.toLocaleString('en-US')} rows of ${this.#plan.table} are gone; the next prune goes on from there.`;
  }
}
