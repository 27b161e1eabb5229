import type { ClientBase, Pool } from 'pg';
import { CURRENT_SCHEMA } from '../database/current-schema.ts';
import type { Leaf } from '../database/leaves.ts';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { UNDO, type Unfinished } from './advice.ts';
import { alone, briefly, buildKey, type ConversionOptions, expectNoObstacles, look, reading } from './conversion.ts';
import { undoSplit } from './split.ts';
import { isSplitting } from './split-plan.ts';
import { type Storage, storageOf } from './storage.ts';
import { becomePlain, CHUNK_KEYS, KEYS, LOCKS, ONE_TABLE_KEYS } from './swap.ts';
import { BOUND_CHECK, tableFacts } from './table-facts.ts';

/**
 * Undoes the conversion into partitions: the only partition with rows becomes the table again, under an exclusive lock of a
 * moment; empty ones are dropped. Of an interrupted conversion it removes what that has added.
 * @returns whether anything has changed
 * @throws ConflictError if several partitions have rows; LockTimeoutError
 */
export async function unpartition(pool: Pool, options: ConversionOptions): Promise<boolean> {
  return await alone(pool, options, async () => {
    const storage = await look(pool);
    if (storage.form === 'plain') {
      return await removeLeftovers(pool, options);
    }
    await undoSplit(pool, options);
    const filled = await reading(pool, (client) => filledLeaf(client, storage));
    for (const key of ONE_TABLE_KEYS) {
      await buildKey(pool, filled.name, key, options);
    }
    await options.onStep(`making ${filled.name} the table`);
    await briefly(pool, options, async (client) => {
      await client.query(LOCKS);
      // Others may have written since.
      if ((await filledLeaf(client, await storageOf(client))).oid !== filled.oid) {
        throw new ConflictError('Other sessions have written into another partition meanwhile; nothing was changed.');
      }
      const parent = await tableFacts(client, 'datapoints');
      expectNoObstacles(parent);
      await client.query(becomePlain(parent, await tableFacts(client, filled.name)).join(';\n'));
    });
    return true;
  });
}

/** @returns the command of the conversion that was interrupted, if one was */
export async function unfinishedIn(pool: Pool, { form }: Storage): Promise<Unfinished | undefined> {
  if (await reading(pool, isSplitting)) {
    return 'split';
  }
  if (!(await hasLeftovers(pool))) {
    return undefined;
  }
  const left = await reading(pool, leftIndexes);
  const isOfChunks = left.some((name) => CHUNK_KEYS.some(({ index }) => index === name));
  return form !== 'plain' ? 'plain' : isOfChunks ? 'timescale' : 'partition';
}

/** @throws ConflictError if another conversion of one table was interrupted */
export async function expectNoOther(pool: Pool, storage: Storage, conversion: Unfinished): Promise<void> {
  const unfinished = await unfinishedIn(pool, storage);
  if (storage.form === 'plain' && unfinished !== undefined && unfinished !== conversion) {
    throw new ConflictError('Another conversion was interrupted, and has to be finished or undone first.', {
      hint: `Finish it: webmacs db storage ${unfinished}. Or undo it: webmacs db storage ${UNDO[unfinished]}`,
    });
  }
}

/** Whether an interrupted conversion, to partitions or back, has left something. */
export async function hasLeftovers(pool: Pool): Promise<boolean> {
  return await reading(pool, async (client) => {
    const { constraints } = await tableFacts(client, 'datapoints');
    return (await leftIndexes(client)).length > 0 || constraints.some(({ name }) => name === BOUND_CHECK);
  });
}

/**
 * Removes what an interrupted conversion has left.
 * @returns whether there was anything
 */
export async function removeLeftovers(pool: Pool, options: ConversionOptions): Promise<boolean> {
  if (!(await hasLeftovers(pool))) {
    return false;
  }
  await options.onStep('removing what the interrupted conversion has added');
  await briefly(pool, options, async (client) => {
    await client.query(`alter table datapoints drop constraint if exists ${identifier(BOUND_CHECK)}`);
  });
  for (const name of await reading(pool, leftIndexes)) {
    await runAlone(pool, `drop index concurrently if exists ${identifier(name)}`, options);
  }
  return true;
}

async function leftIndexes(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = ${CURRENT_SCHEMA} and relname = any ($1) and relkind = 'i'`,
    [[...KEYS, ...CHUNK_KEYS, ...ONE_TABLE_KEYS].map(({ index }) => index)],
  );
  return rows.map(({ name }) => name);
}

/**
 * @returns the only leaf that has rows, or the first if none has
 * @throws ConflictError
 */
async function filledLeaf(client: ClientBase, { form, leaves }: Storage): Promise<Leaf> {
  if (form !== 'partitions') {
    throw new ConflictError(`The datapoints are not in partitions of PostgreSQL's own (${form}), so they stay there.`, {
      hint: 'Copy them into an empty database with one table: webmacs migrate-from',
    });
  }
  const filled: Leaf[] = [];
  for (const { leaf } of leaves) {
    const { rows } = await client.query<{ filled: boolean }>(`select exists (select from ${leaf.sql}) as filled`);
    if (rows[0]?.filled) {
      filled.push(leaf);
    }
  }
  const [only = leaves[0]?.leaf, another] = filled;
  if (only === undefined || another !== undefined) {
    throw new ConflictError(`${counted(filled.length, 'partition')} have rows, which would have to be moved.`, {
      hint: 'Copy them into an empty database with one table: webmacs migrate-from',
    });
  }
  return only;
}
