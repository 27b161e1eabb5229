import type { Pool } from 'pg';
import { InterruptedError, InvalidInputError, WebmacsError } from '../../errors.ts';
import { Creation } from '../creation.ts';
import type { Block } from '../file-rows.ts';
import { type ImportSummary, importFailure, importRows } from '../import-datapoints.ts';
import { checkRequest, type ImportRequest } from '../import-request.ts';
import { Tally } from '../tally.ts';
import { type Growth, readGrowing } from './growing-file.ts';
import { GrowingTable } from './growing-table.ts';

/** Lines that cannot be read are an error once no others have come for so many polls. */
const PATIENCE = 5;

/** What an import that follows a file waits for. */
export type Waiting = 'for the file' | 'for rows';

export interface FollowOptions {
  signal: AbortSignal;
  lockTimeoutSeconds?: number;
  /** Called when there is nothing to read yet, once for each file. */
  onWaiting?(waiting: Waiting): Promise<void>;
}

/**
 * Imports a CSV file and the lines that a program appends to it, until `signal` is aborted: what is there at a time, in a
 * transaction. An incomplete last line waits for its rest. When the file is renamed and there is a new one at its path, the rest
 * of it is imported, then that one.
 *
 * @example
 * ```ts
 * const events = await database.em.find(Event, {});
 * const { signal } = new AbortController();
 * for await (const { rows, last } of followDatapoints(database.pool, 'readings.csv', { events }, { signal })) {
 *   console.log(rows, last);
 *   break;
 * }
 * // 2 2026-02-01T00:00:01+00:00
 * ```
 * @returns the summary of each transaction
 * @throws as importDatapoints, of the lines that are not imported; what was yielded before stays. InterruptedError when `signal`
 * is aborted
 */
export async function* followDatapoints(
  pool: Pool,
  path: string,
  request: ImportRequest,
  options: FollowOptions,
): AsyncGenerator<ImportSummary, never> {
  try {
    checkFollowed(path, request);
    const follower = new Follower(pool, request, options);
    for await (const growth of readGrowing(path, options.signal)) {
      const summary = await follower.take(growth);
      if (summary && (summary.rows > 0 || summary.bad > 0 || summary.notes.length > 0)) {
        yield summary;
      }
    }
    throw new Error('A file that is followed has no end');
  } catch (error) {
    throw options.signal.aborted ? new InterruptedError('Interrupted.') : named(importFailure(error), path);
  }
}

function checkFollowed(path: string, request: ImportRequest): void {
  checkRequest(request);
  const { onDuplicate, create } = request;
  const refuse = (why: string, hint: string) => {
    throw new InvalidInputError(`${why} cannot be followed.`, { hint });
  };
  if (path === '-' || /\.(?:gz|zst|zip)$/i.test(path)) {
    refuse(path === '-' ? 'Standard input' : 'A compressed file', 'Import it without --follow.');
  }
  if (onDuplicate === 'keep') {
    refuse(
      'A file of which duplicates are kept',
      'Its rows are compared with those imported before. Pass --on-duplicate skip.',
    );
  }
  if (create?.events && (create.events.min === undefined || create.events.max === undefined)) {
    refuse(
      'A file whose events are created with the range of the data',
      'Later values are not known: pass --min and --max.',
    );
  }
  if (create?.experiment !== undefined) {
    refuse(
      'A file of which an experiment is created',
      'Start one with "webmacs experiments start", and pass --experiment.',
    );
  }
}

/** Imports what a file grows by. */
class Follower {
  readonly #pool: Pool;
  readonly #request: ImportRequest;
  readonly #options: FollowOptions;
  readonly #tally = new Tally();
  readonly #creation: Creation;
  #table: GrowingTable;
  #pauses = 0;
  #waitedFor: Waiting | undefined;

  constructor(pool: Pool, request: ImportRequest, options: FollowOptions) {
    this.#pool = pool;
    this.#request = request;
    this.#options = options;
    this.#creation = new Creation(request.create, this.#tally.events);
    this.#table = this.#newTable();
  }

  #newTable(): GrowingTable {
    this.#waitedFor = undefined;
    return new GrowingTable({
      request: this.#request,
      tally: this.#tally,
      creation: this.#creation,
      note: (text) => void this.#tally.notes.add(text),
    });
  }

  /** @returns what was imported, unless nothing was read */
  async take(growth: Growth): Promise<ImportSummary | undefined> {
    this.#pauses = growth.kind === 'pause' ? this.#pauses + 1 : 0;
    switch (growth.kind) {
      case 'missing':
        return await this.#wait('for the file');
      case 'pause':
        if (this.#pauses >= PATIENCE && this.#table.problem) {
          throw this.#table.problem;
        }
        return this.#table.isWaiting ? await this.#wait('for rows') : undefined;
      case 'bytes':
        this.#tally.reset();
        return await this.#import(await this.#table.add(growth.bytes));
      case 'replaced':
      case 'rewritten': {
        this.#tally.reset();
        const summary = await this.#import(await this.#table.end(growth.kind === 'replaced'));
        this.#table = this.#newTable();
        return summary;
      }
    }
  }

  async #wait(waiting: Waiting): Promise<undefined> {
    if (this.#waitedFor !== waiting) {
      this.#waitedFor = waiting;
      await this.#options.onWaiting?.(waiting);
    }
  }

  async #import(blocks: AsyncGenerator<Block>): Promise<ImportSummary> {
    const rows = { blocks, tally: this.#tally, creation: this.#creation, request: this.#request, files: [] };
    return await importRows(this.#pool, rows, this.#options);
  }
}

/** Only the lines of the last transaction are not imported. */
function named(error: unknown, path: string): unknown {
  if (!(error instanceof WebmacsError)) {
    return error;
  }
  const here = (text: string) => text.replace(/\b([Nn])othing was imported\b/g, '$1othing of this part was imported');
  return Object.assign(error, {
    message: `${path}: ${here(error.message)}`,
    ...(error.hint === undefined ? {} : { hint: here(error.hint) }),
  });
}
