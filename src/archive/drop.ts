import { join } from 'node:path';
import type { ClientBase, Pool } from 'pg';
import { LONG_RUNNING, PORTABLE_TEXT, withSession } from '../database/session.ts';
import { InterruptedError, LockTimeoutError } from '../errors.ts';
import { contentIn } from '../export/cut.ts';
import { selection, timeOf } from '../export/query.ts';
import { expectTables } from '../prune/places.ts';
import { briefly, reading } from '../storage/conversion.ts';
import { type StoredLeaf, storageOf } from '../storage/storage.ts';
import { type ArchivedFile, requestOf } from './manifest.ts';
import { type RowGroup, rowGroups } from './row-groups.ts';

/** How long to try to empty a partition at once. */
const WAIT_SECONDS = 3;
const LOCK_TIMEOUT = '60s';
const ROWS_PER_BATCH = 5000;

export interface DropOptions {
  folder: string;
  signal: AbortSignal;
  onProgress(progress: { rows: number }): void;
}

export interface Dropped {
  deleted: number;
  /** Datapoints of the same times that stay: they came later, or were changed. */
  left: number;
  /** The partitions that were emptied at once. */
  emptied: string[];
}

/**
 * Deletes the datapoints that these files have, as they have them: those that came later or were changed since stay. A
 * partition that has nothing else is emptied at once; from the others they are deleted in batches.
 * @param files that have been verified
 * @throws InterruptedError, LockTimeoutError; what is deleted stays deleted
 */
export async function dropArchived(pool: Pool, files: readonly ArchivedFile[], options: DropOptions): Promise<Dropped> {
  const plan = { table: 'datapoints', key: 'timestamp', conditions: [] };
  const { storage, may } = await reading(pool, async (client) => {
    await expectTables(client, plan);
    const { rows } = await client.query<{ may: boolean }>(MAY_TRUNCATE);
    return { storage: await storageOf(client), may: rows[0]?.may ?? false };
  });
  const dropped: Dropped = { deleted: 0, left: 0, emptied: [] };
  for (const leaf of may && storage.form === 'partitions' ? storage.leaves : []) {
    const rows = await emptyLeaf(pool, leaf, files, options);
    if (rows > 0) {
      dropped.deleted += rows;
      dropped.emptied.push(leaf.leaf.name);
    }
  }
  for (const file of files) {
    if ((await countOf(pool, file)) > 0) {
      await deleteRows(pool, file, options, (rows) => {
        dropped.deleted += rows;
        options.onProgress({ rows: dropped.deleted });
      });
      dropped.left += await countOf(pool, file);
    }
  }
  return dropped;
}

/** Not if triggers, publications or other tables need each deleted row, or others own the table. */
const MAY_TRUNCATE = `
  select pg_has_role(relowner, 'usage')
         and not exists (select from pg_trigger where tgrelid in (select relid from pg_partition_tree(c.oid)) and not tgisinternal)
         and not exists (select from pg_constraint where confrelid in (select relid from pg_partition_tree(c.oid)))
         and not exists (select from pg_publication where puballtables)
         and not exists (select from pg_publication_rel where prrelid in (select relid from pg_partition_tree(c.oid)))
         and not exists (select from pg_publication_namespace where pnnspid = relnamespace) as may
    from pg_class c where oid = 'datapoints'::regclass`;

/**
 * Empties a partition if what it has is what the files have. Only those who write into this partition wait meanwhile.
 * @returns how many rows it had
 */
async function emptyLeaf(
  pool: Pool,
  { leaf, from, to }: StoredLeaf,
  files: readonly ArchivedFile[],
  { signal }: DropOptions,
): Promise<number> {
  const within = files.filter(
    (file) =>
      (from === null || Date.parse(file.from) >= Date.parse(from)) &&
      to !== null &&
      Date.parse(file.to) <= Date.parse(to),
  );
  const [first] = within;
  if (first === undefined || within.some(({ with_ids }) => with_ids !== first.with_ids)) {
    return 0;
  }
  const expected = {
    datapoints: within.reduce((sum, { rows }) => sum + rows, 0),
    hash: String(within.reduce((sum, { content }) => sum + BigInt(content), 0n)),
  };
  let rows = 0;
  const empty = async (client: ClientBase) => {
    await client.query(`lock table ${leaf.sql} in share mode`);
    const found = await contentIn(client, `only ${leaf.sql} d`, first.with_ids);
    if (found.datapoints === expected.datapoints && found.hash === expected.hash) {
      await client.query(`truncate only ${leaf.sql}`);
      rows = found.datapoints;
    }
  };
  try {
    await briefly(pool, { lockTimeoutSeconds: WAIT_SECONDS, signal }, empty);
    return rows;
  } catch (error) {
    if (error instanceof LockTimeoutError) {
      return 0;
    }
    throw error;
  }
}

async function deleteRows(
  pool: Pool,
  file: ArchivedFile,
  { folder, signal }: DropOptions,
  onDeleted: (rows: number) => void,
): Promise<void> {
  const settings = { ...PORTABLE_TEXT, ...LONG_RUNNING, lock_timeout: LOCK_TIMEOUT };
  await withSession(pool, { settings }, async ({ transaction }) => {
    for await (const group of rowGroups(join(folder, file.name), file.with_ids)) {
      for (let start = 0; start < group.rows; start += ROWS_PER_BATCH) {
        if (signal.aborted) {
          throw new InterruptedError(`Interrupted while ${file.name} was dropped. Run it again to drop the rest.`);
        }
        const { times, columns } = batchOf(group, start);
        const deleted = await transaction((client) =>
          client.query(DELETE, [file.from, file.to, times.map(timeOf), ...columns]),
        );
        onDeleted(deleted.rowCount ?? 0);
      }
    }
  });
}

/** The time range is for the planner: so it finds the partition. */
const DELETE = `
  delete from datapoints d
   using unnest($3::timestamptz[], $4::bigint[], $5::float8[], $6::text[], $7::text[]) as a (at, id, value, event, experiment)
   where d.timestamp >= $1::timestamptz and d.timestamp < $2::timestamptz and d.id = a.id and d.timestamp = a.at
     and d.value = a.value and d.event_public_id = a.event and d.experiment_public_id is not distinct from a.experiment`;

function batchOf({ rows, times, keys, values, events, experiments }: RowGroup, start: number) {
  const places = Array.from({ length: Math.min(ROWS_PER_BATCH, rows - start) }, (_, at) => start + at);
  const text = (bytes: Uint8Array | null | undefined) => (bytes ? Buffer.from(bytes).toString() : null);
  return {
    times: places.map((at) => times[at] ?? 0n),
    columns: [
      places.map((at) => String(keys[at])),
      places.map((at) => values[at]),
      places.map((at) => text(events[at])),
      places.map((at) => text(experiments[at])),
    ],
  };
}

async function countOf(pool: Pool, file: ArchivedFile): Promise<number> {
  const { rows } = await pool.query<{ rows: number }>(
    `select count(*)::float8 as rows from datapoints d where ${selection(requestOf(file))}`,
  );
  return rows[0]?.rows ?? 0;
}
