import type { ClientBase, Pool } from 'pg';
import { failureCode } from '../database/failure.ts';
import { InterruptedError, LockTimeoutError } from '../errors.ts';
import { timescaleSchema } from '../storage/chunks.ts';
import { briefly, look, reading } from '../storage/conversion.ts';
import { endsBefore, type Storage, type StoredLeaf } from '../storage/storage.ts';
import { counted } from '../text/counted.ts';
import type { DropOptions, PrunePlan } from './plan.ts';

const UNDEFINED_TABLE = '42P01';
/** How long to try, before the rows of a chunk are deleted in batches instead. */
const WAIT_SECONDS = 3;

/**
 * Drops the chunks of a hypertable that end before the time of a prune, by its own means, compressed ones too. With
 * `keepExperiments` only those in which no row belongs to an experiment.
 * @returns the names of those dropped
 * @throws InterruptedError
 */
export async function dropChunks(
  pool: Pool,
  { leaves }: Storage,
  { before, keepExperiments }: NonNullable<PrunePlan['all']>,
  { signal = new AbortController().signal, onDropped }: DropOptions,
): Promise<string[]> {
  const old = leaves.filter((stored) => stored.from !== null && endsBefore(stored, before));
  // With further dimensions, several chunks have the same times.
  const groups = Map.groupBy(old, ({ from, to }) => `${from} ${to}`);
  const api = groups.size > 0 ? await reading(pool, timescaleSchema) : '';
  const names: string[] = [];
  for (const group of groups.values()) {
    if (signal.aborted) {
      throw new InterruptedError(`Interrupted. Dropped so far: ${counted(names.length, 'chunk')}.`);
    }
    const rows = await dropGroup(pool, api, group, { keepExperiments, signal });
    if (rows !== undefined) {
      names.push(...group.map(({ leaf }) => leaf.name));
      onDropped(rows);
    }
  }
  return names;
}

/**
 * Deletes the rows of a plan from compressed chunks, one chunk per transaction: their rows have no place in the table by which
 * batches could find them.
 * @returns the oids of the chunks
 * @throws LockTimeoutError
 */
export async function deleteCompressed(
  pool: Pool,
  { conditions }: PrunePlan,
  {
    signal,
    lockTimeoutSeconds,
    onDeleted,
  }: { signal: AbortSignal; lockTimeoutSeconds: number; onDeleted(rows: number): void },
): Promise<number[]> {
  const { leaves } = await look(pool);
  const chunks = leaves.filter(({ compressed }) => compressed).map(({ leaf }) => leaf);
  for (const leaf of chunks) {
    for (const { sql, parameters } of conditions) {
      await briefly(pool, { lockTimeoutSeconds, signal }, async (client) => {
        const { rowCount } = await client.query(`delete from only ${leaf.sql} where ${sql}`, [...parameters]);
        onDeleted(rowCount ?? 0);
      });
    }
  }
  return chunks.map(({ oid }) => oid);
}

/** @returns the number of their rows; undefined if they are still there */
async function dropGroup(
  pool: Pool,
  api: string,
  group: StoredLeaf[],
  { keepExperiments, signal }: { keepExperiments: boolean; signal: AbortSignal },
): Promise<number | undefined> {
  const [first] = group;
  let dropped: number | undefined;
  try {
    await briefly(pool, { lockTimeoutSeconds: WAIT_SECONDS, signal }, async (client) => {
      const { count, belong } = await contents(client, group);
      if (keepExperiments && belong) {
        return;
      }
      const { rows } = await client.query<{ name: string }>(
        `select (parse_ident(chunk))[2] as name
           from ${api}.drop_chunks('datapoints', older_than => $1::timestamptz, newer_than => $2::timestamptz) chunk`,
        [first?.to, first?.from],
      );
      if (rows.length !== group.length || !group.every(({ leaf }) => rows.some(({ name }) => name === leaf.name))) {
        throw new Error(`drop_chunks would drop other chunks: ${rows.map(({ name }) => name).join(', ')}`);
      }
      dropped = count;
    });
    return dropped;
  } catch (error) {
    // Others may have dropped it meanwhile.
    if (error instanceof LockTimeoutError || failureCode(error) === UNDEFINED_TABLE) {
      return undefined;
    }
    throw error;
  }
}

/** Counts the rows of chunks, into which nobody writes until the transaction ends. */
async function contents(client: ClientBase, group: StoredLeaf[]): Promise<{ count: number; belong: boolean }> {
  let count = 0;
  let belong = false;
  for (const { leaf } of group) {
    await client.query(`lock table ${leaf.sql} in share mode`);
    const { rows } = await client.query<{ count: number; belong: boolean }>(
      `select count(*)::float8 as count, count(experiment_public_id) > 0 as belong from ${leaf.sql}`,
    );
    count += rows[0]?.count ?? 0;
    belong ||= rows[0]?.belong === true;
  }
  return { count, belong };
}
