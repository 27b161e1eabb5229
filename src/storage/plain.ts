import type { ClientBase, Pool } from 'pg';
import { CURRENT_SCHEMA } from '../database/current-schema.ts';
import { isDistributed } from '../database/distributed.ts';
import { HOURLY } from '../database/hours.ts';
import type { Leaf } from '../database/leaves.ts';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { type Unfinished, undoOf } from './advice.ts';
import { alone } from './alone.ts';
import { besideMirror } from './beside.ts';
import { timescaleSchema } from './chunks.ts';
import {
  briefly,
  buildKey,
  type ConversionOptions,
  expectNoObstacles,
  expectNothingLost,
  look,
  reading,
} from './conversion.ts';
import type { CopyOptions } from './copy-rows.ts';
import { dropHourly, hasHourly } from './hourly.ts';
import { copyingIn, removeCopy, replaceByCopy } from './mirror.ts';
import { expectFree } from './names.ts';
import { finishReplacing, isReplacing } from './replaced.ts';
import { type Storage, type StoredLeaf, storageOf } from './storage.ts';
import { becomePlain, KEYS, LOCKS, ONE_TABLE_KEYS, ONE_TABLE_NAMES } from './swap.ts';
import { BOUND_CHECK, tableFacts } from './table-facts.ts';

/** What making one table would do. */
export interface PlainPlan {
  /** To remove what an interrupted conversion has added; to make the only partition with rows the table; or to copy all rows. */
  way: 'remove' | 'switch' | 'copy';
  /** The disk space that it needs meanwhile, and PostgreSQL's estimate of the rows. */
  bytes: number;
  rows: number;
  /** Whether the figures of hours are dropped. */
  hourly: boolean;
  /** The storage parameters of the partitions, if they differ: those that the table gets come first. */
  parameters: string[];
}

/**
 * Makes one table of partitions, or of a hypertable. If only one partition has rows, it becomes the table again, and the others
 * are dropped; otherwise all rows are copied while the table is used. Of an interrupted conversion it removes what that has added.
 * @returns whether anything has changed
 * @throws ConflictError if the table would lose something; LockTimeoutError
 */
export async function unpartition(pool: Pool, options: CopyOptions): Promise<boolean> {
  return await alone(pool, options, async (hasFinished) => {
    const { way, filled, isHypertable } = await plainPlan(pool);
    if (way === 'remove') {
      return (await removeLeftovers(pool, options)) || hasFinished;
    }
    await removeCopy(pool, options, 'split');
    await dropHourly(pool, options);
    if (way === 'copy' || !filled) {
      if ((await reading(pool, copyingIn)) === undefined) {
        // Indexes of a partition that was to become the table.
        await removeLeftovers(pool, options);
      }
      await replaceByCopy(pool, besideMirror(pool, { conversion: 'plain', isHypertable }, options), options);
    } else {
      await switchTo(pool, filled, options);
      await finishReplacing(pool, options);
    }
    return true;
  });
}

/**
 * Returns what making one table would do.
 * @throws ConflictError as it would
 */
export async function plainPlan(
  pool: Pool,
): Promise<PlainPlan & { filled?: Leaf | undefined; isHypertable?: boolean }> {
  const { form, leaves } = await look(pool);
  if (form === 'plain') {
    return { way: 'remove', bytes: 0, rows: 0, hourly: false, parameters: [] };
  }
  return await reading(pool, async (client) => {
    const filled = form === 'partitions' ? await filledLeaves(client, leaves) : undefined;
    if (filled && filled.length <= 1 && (await copyingIn(client)) !== 'plain') {
      await expectFree(client, ONE_TABLE_NAMES);
      return { way: 'switch', filled: filled[0] ?? leaves[0]?.leaf, bytes: 0, rows: 0, hourly: false, parameters: [] };
    }
    if (!filled && form !== 'hypertable') {
      throw new ConflictError(`The datapoints are stored in another form (${form}), so they stay there.`, {
        hint: 'Copy them into an empty database with one table: webmacs migrate-from',
      });
    }
    if (!filled) {
      await expectNoAggregates(client);
    }
    for (const { leaf } of filled ? leaves : []) {
      await expectNothingLost(client, leaf.name, 'one table');
    }
    const bytes = leaves.reduce((sum, leaf) => sum + leaf.bytes, 0) + (filled ? 0 : await compressedAway(client));
    const rows = leaves.reduce((sum, leaf) => sum + (leaf.rows ?? 0), 0);
    const parameters = filled ? await differingParameters(client, leaves) : [];
    return { way: 'copy', isHypertable: !filled, bytes, rows, hourly: await hasHourly(client), parameters };
  });
}

/** Makes the only partition with rows the table, under an exclusive lock of a moment; the others are dropped. */
async function switchTo(pool: Pool, filled: Leaf, options: ConversionOptions): Promise<void> {
  for (const key of ONE_TABLE_KEYS) {
    await buildKey(pool, filled.name, key, options);
  }
  await options.onStep(`making ${filled.name} the table`);
  await briefly(pool, options, async (client) => {
    await client.query(LOCKS);
    // Others may have written since.
    const { leaves } = await storageOf(client);
    if ((await filledLeaves(client, leaves)).some(({ oid }) => oid !== filled.oid)) {
      throw new ConflictError('Other sessions have written into another partition meanwhile; nothing was changed.', {
        hint: 'Run it again: it copies the rows of all.',
      });
    }
    const parent = await tableFacts(client, 'datapoints');
    expectNoObstacles(parent);
    await client.query(becomePlain(parent, await tableFacts(client, filled.name)).join(';\n'));
  });
}

/** @returns the command of the conversion that was interrupted, if one was */
export async function unfinishedIn(pool: Pool, { form }: Storage): Promise<Unfinished | undefined> {
  if (await isReplacing(pool)) {
    const madeBy = {
      plain: 'plain',
      inherited: undefined,
      partitions: 'split',
      hypertable: 'timescale',
      distributed: 'citus',
    } as const;
    return madeBy[form];
  }
  const copying = await reading(pool, copyingIn);
  if (form === 'distributed') {
    return copying ?? ((await isDistributed(pool)) ? undefined : 'citus');
  }
  return copying ?? ((await hasLeftovers(pool)) ? (form === 'plain' ? 'partition' : 'plain') : undefined);
}

/** @throws ConflictError if another conversion of one table was interrupted */
export async function expectNoOther(pool: Pool, storage: Storage, conversion: Unfinished): Promise<void> {
  // A replacement is finished first.
  const unfinished = (await isReplacing(pool)) ? undefined : await unfinishedIn(pool, storage);
  if (storage.form === 'plain' && unfinished !== undefined && unfinished !== conversion) {
    throw new ConflictError('Another conversion was interrupted, and has to be finished or undone first.', {
      hint: `Finish it: webmacs db storage ${unfinished}. Or undo it: webmacs db storage ${undoOf(unfinished, storage)}`,
    });
  }
}

/** Whether an interrupted conversion, other than a split that has copied, has left something. */
export async function hasLeftovers(pool: Pool): Promise<boolean> {
  if (await isReplacing(pool)) {
    return true;
  }
  return await reading(pool, async (client) => {
    const { constraints } = await tableFacts(client, 'datapoints');
    const copying = await copyingIn(client);
    return (
      (copying ?? 'split') !== 'split' ||
      (await leftIndexes(client)).length > 0 ||
      constraints.some(({ name }) => name === BOUND_CHECK)
    );
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
  for (const conversion of ['plain', 'timescale'] as const) {
    await removeCopy(pool, options, conversion);
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
    [[...KEYS, ...ONE_TABLE_KEYS].map(({ index }) => index)],
  );
  return rows.map(({ name }) => name);
}

async function filledLeaves(client: ClientBase, leaves: readonly StoredLeaf[]): Promise<Leaf[]> {
  const filled: Leaf[] = [];
  for (const { leaf } of leaves) {
    const { rows } = await client.query<{ filled: boolean }>(`select exists (select from ${leaf.sql}) as filled`);
    if (rows[0]?.filled) {
      filled.push(leaf);
    }
  }
  return filled;
}

async function differingParameters(client: ClientBase, leaves: readonly StoredLeaf[]): Promise<string[]> {
  const { options } = await tableFacts(client, 'datapoints');
  const { rows } = await client.query<{ parameters: string }>(
    `select coalesce(array_to_string(reloptions, ', '), 'none') as parameters from pg_class where oid = any ($1::oid[])
      group by reloptions order by coalesce(reloptions, '{}') = $2 desc, count(*) desc, 1`,
    [leaves.map(({ leaf }) => leaf.oid), options],
  );
  return rows.length > 1 ? rows.map(({ parameters }) => parameters) : [];
}

/** @throws ConflictError if there are continuous aggregates of the hypertable that this program has not made */
async function expectNoAggregates(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', view_schema, view_name) as name from timescaledb_information.continuous_aggregates
      where hypertable_schema = current_schema() and hypertable_name = 'datapoints'
        and not ($1 and (view_schema, view_name) = (current_schema(), '${HOURLY}')) order by 1`,
    [await hasHourly(client)],
  );
  if (rows.length > 0) {
    const names = rows.map(({ name }) => name).join(', ');
    throw new ConflictError(`The hypertable has continuous aggregates, which one table cannot have: ${names}.`, {
      hint: `Drop them first: DROP MATERIALIZED VIEW ${names}`,
    });
  }
}

/** @returns the bytes that compression saves */
async function compressedAway(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `select coalesce(sum(before_compression_total_bytes - after_compression_total_bytes), 0)::float8 as bytes
       from ${await timescaleSchema(client)}.hypertable_compression_stats('datapoints')`,
  );
  return rows[0]?.bytes ?? 0;
}
