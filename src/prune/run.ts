import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { databaseFailure, failureCode, isConnectionLost } from '../database/failure.ts';
import type { Session } from '../database/session.ts';
import { DatabaseError, InterruptedError, LockTimeoutError } from '../errors.ts';
import { grouped } from '../text/counted.ts';
import { type Batch, deleteBatch, type Place, type Position, TooManyDeletedError } from './batch.ts';
import { deleteCompressed } from './drop-chunks.ts';
import { placesOf } from './places.ts';
import type { PrunePlan } from './plan.ts';

const LOCK_NOT_AVAILABLE = '55P03';
const UNDEFINED_TABLE = '42P01';

const DEFAULTS = { batchSize: 5000, lockTimeoutSeconds: 60 };

export interface PruneSettings {
  /** Rows per batch, and so per transaction; 5000 by default. */
  batchSize?: number;
  /** How long to wait for a session that has locked the whole table; 60 by default. */
  lockTimeoutSeconds?: number;
  /** Stops the prune after the current batch. */
  signal?: AbortSignal;
  /** Called after each batch with the number of rows deleted so far. */
  onBatch?(deleted: number): void;
}

/** One prune while it runs. */
export class PruneRun {
  deleted = 0;
  /** The chunks that are done. */
  #compressed: number[] = [];
  readonly #session: Session;
  readonly #plan: PrunePlan;
  readonly #settings: PruneSettings & typeof DEFAULTS;
  readonly #signal: AbortSignal;

  constructor(session: Session, plan: PrunePlan, settings: PruneSettings = {}) {
    this.#session = session;
    this.#plan = plan;
    this.#settings = { ...DEFAULTS, ...settings };
    this.#signal = settings.signal ?? new AbortController().signal;
  }

  /** Goes once through all rows, and gives the number of those that others hold. */
  async pass(): Promise<number> {
    const done = new Set<number | string>(this.#compressed);
    let held = 0;
    for (;;) {
      // Others may meanwhile have detached, renamed or attached some.
      const places = (await this.#places()).filter((place) => !done.has(keyOf(place)));
      if (places.length === 0) {
        return held;
      }
      for (const place of places) {
        const left = await this.#passThrough(place);
        if (left !== undefined) {
          done.add(keyOf(place));
          held += left;
        }
      }
    }
  }

  /** @returns undefined where the place is not, or no longer, what it was when it was listed */
  async #passThrough(place: Place): Promise<number | undefined> {
    let held = 0;
    for (const condition of this.#plan.conditions) {
      let position: Position | undefined;
      let batch: Batch | undefined;
      do {
        batch = await this.#batch(place, condition, position);
        if (!batch) {
          return undefined;
        }
        position = batch.position;
        held += batch.found - batch.deleted;
        this.deleted += batch.deleted;
        this.#settings.onBatch?.(this.deleted);
      } while (batch.found === this.#settings.batchSize);
    }
    return held;
  }

  /** Deletes the rows in compressed chunks, of which there are none elsewhere than in a hypertable. */
  async compressed(pool: Pool): Promise<void> {
    this.#compressed = await deleteCompressed(pool, this.#plan, {
      signal: this.#signal,
      lockTimeoutSeconds: this.#settings.lockTimeoutSeconds,
      onDeleted: (rows) => {
        this.deleted += rows;
        this.#settings.onBatch?.(this.deleted);
      },
    });
  }

  async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#signal }).catch(() => this.#throwIfInterrupted());
  }

  async #batch(
    place: Place,
    condition: PrunePlan['conditions'][number],
    position: Position | undefined,
  ): Promise<Batch | undefined> {
    const { batchSize, lockTimeoutSeconds } = this.#settings;
    const deadline = performance.now() + lockTimeoutSeconds * 1000;
    for (;;) {
      this.#throwIfInterrupted();
      try {
        return await this.#session.transaction((client) =>
          deleteBatch(client, this.#plan, condition, batchSize, place, position),
        );
      } catch (error) {
        if (failureCode(error) === UNDEFINED_TABLE && !(await this.#isListed(place))) {
          return undefined;
        }
        if (failureCode(error) !== LOCK_NOT_AVAILABLE) {
          throw this.#withDeletedSoFar(error, place);
        }
        if (performance.now() > deadline) {
          throw new LockTimeoutError(
            `Another session has locked the table ${this.#plan.table} for more than ${lockTimeoutSeconds} s. ${this.#deletedSoFar}`,
            { hint: 'Try again when it is done, or wait longer with --lock-timeout.', cause: error },
          );
        }
        await this.pause(100);
      }
    }
  }

  async #places(): Promise<Place[]> {
    return await this.#session.transaction((client) => placesOf(client, this.#plan));
  }

  /** Whether a place is still there under the same names, so that something else is missing. */
  async #isListed(place: Place): Promise<boolean> {
    return (await this.#places()).some((listed) => isDeepStrictEqual(listed, place));
  }

  /** Adds the number of deleted rows, and the leaf, to a failure in the middle. */
  #withDeletedSoFar(error: unknown, place: Place): unknown {
    if (error instanceof TooManyDeletedError) {
      return new TooManyDeletedError(`${error.message} ${this.#deletedSoFar}`, { cause: error });
    }
    const isChild = typeof place !== 'string' && place.above.length > 0;
    const failure = databaseFailure(error, 'The database');
    // After a lost connection, the outcome of the last batch is unknown.
    if (!(failure instanceof DatabaseError) || isConnectionLost(error) || (this.deleted === 0 && !isChild)) {
      return error;
    }
    const from = isChild ? place.sql : this.#plan.table;
    return new DatabaseError(`Deleting from ${from} failed. ${failure.message} ${this.#deletedSoFar}`, {
      hint: failure.hint,
      cause: error,
    });
  }

  #throwIfInterrupted(): void {
    if (this.#signal.aborted) {
      throw new InterruptedError(`Interrupted. ${this.#deletedSoFar}`);
    }
  }

  get #deletedSoFar(): string {
    return this.deleted === 0
      ? 'Nothing was deleted.'
      : `${grouped(this.deleted)} rows of ${this.#plan.table} were deleted; the next prune continues from there.`;
  }
}

function keyOf(place: Place): number | string {
  return typeof place === 'string' ? place : place.oid;
}
