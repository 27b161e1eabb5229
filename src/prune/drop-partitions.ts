import type { Pool, QueryResult } from 'pg';
import { failureCode } from '../database/failure.ts';
import { identifier, literal } from '../database/sql.ts';
import { InterruptedError, LockTimeoutError } from '../errors.ts';
import { briefly, reading } from '../storage/conversion.ts';
import { endsBefore, type Storage, type StoredLeaf, storageOf } from '../storage/storage.ts';
import { firstPartition, newPartition } from '../storage/swap.ts';
import { isOfTimescale, type TableFacts, tableFacts } from '../storage/table-facts.ts';
import { counted } from '../text/counted.ts';
import { dropChunks } from './drop-chunks.ts';
import type { DropOptions, PrunePlan } from './plan.ts';

/** How long to try, before its rows are deleted in batches instead. */
const WAIT_SECONDS = 3;

/**
 * Drops the partitions, or the chunks, of the datapoints that end before the time of a prune. Each is detached under an exclusive
 * lock of a moment, and then dropped; where others use the table for longer, its rows are left for the batches. So are they if triggers,
 * publications or other tables need each deleted row, or if the role does not own the table.
 * @returns the names of those dropped
 * @throws InterruptedError
 */
export async function dropPartitions(pool: Pool, { all }: PrunePlan, options: DropOptions): Promise<string[]> {
  const { storage, facts, schema, may, left } = await reading(pool, async (client) => {
    const { rows } = await client.query<Facts>(FACTS, [MARK]);
    const facts = await tableFacts(client, 'datapoints');
    return { storage: await storageOf(client), facts, ...(rows[0] ?? { schema: '', may: false, left: [] }) };
  });
  if (all && may && storage.form === 'hypertable') {
    return await dropChunks(pool, storage, all, options);
  }
  if (!all || !may || storage.form !== 'partitions' || storage.leaves.some(({ isDefault }) => isDefault)) {
    return [];
  }
  const names: string[] = [];
  const drop = async (name: string) => {
    options.onDropped(await dropDetached(pool, `${schema}.${identifier(name)}`, options));
    names.push(name);
  };
  for (const name of left) {
    await drop(name);
  }
  const dropped: StoredLeaf[] = [];
  for (const leaf of storage.leaves.filter((stored) => endsBefore(stored, all.before))) {
    if (options.signal?.aborted) {
      throw new InterruptedError(`Interrupted. Dropped so far: ${counted(names.length, 'partition')}.`);
    }
    const isOwn = leaf.leaf.kind === 'table' && leaf.leaf.above.length === 1;
    if (isOwn && (await detach(pool, leaf, all.keepExperiments, options))) {
      await drop(leaf.leaf.name);
      dropped.push(leaf);
    }
  }
  await replace(pool, storage, dropped, facts);
  return names;
}

/** No such table, no partition of this one. */
const CHANGED = ['42P01', '42809'];

/** The comment of a partition between it is detached and dropped, by which an interrupted prune is continued. */
const MARK = 'webmacs: detached by a prune, to be dropped';

interface Facts {
  schema: string;
  may: boolean;
  /** The partitions that an interrupted prune has detached. */
  left: string[];
}

const FACTS = `
  with recursive tree as (
    select 'datapoints'::regclass::oid as oid
    union
    select inhrelid from tree join pg_inherits on inhparent = tree.oid
  )
  select relnamespace::regnamespace::text as schema,
         pg_has_role(relowner, 'usage')
         and not exists (
           select from tree join pg_trigger on tgrelid = tree.oid
            where not tgisinternal and not ${isOfTimescale('tgfoid')})
         and not exists (select from pg_constraint where confrelid = c.oid)
         and not exists (select from pg_publication where puballtables and pubdelete)
         and not exists (select from pg_publication_rel where prrelid in (select oid from tree))
         and not exists (select from pg_publication_namespace where pnnspid = relnamespace) as may,
         array(select relname::text from pg_class d
                where relkind = 'r' and not relispartition and relnamespace = c.relnamespace and relowner = c.relowner
                  and obj_description(oid, 'pg_class') = $1 order by relname) as left
    from pg_class c where oid = 'datapoints'::regclass`;

/** @returns whether it did */
async function detach(
  pool: Pool,
  { leaf }: StoredLeaf,
  keepExperiments: boolean,
  options: DropOptions,
): Promise<boolean> {
  // By the index of experiments: without it, all rows would be read under the lock.
  const belongs = `set local enable_seqscan = off; select from ${leaf.sql} where experiment_public_id is not null limit 1`;
  let isDetached = false;
  try {
    await briefly(pool, patience(options), async (client) => {
      await client.query(
        `lock table only datapoints in access exclusive mode; lock table ${leaf.sql} in access exclusive mode`,
      );
      // Several statements in one query have several results, which its types do not know.
      const results: unknown = keepExperiments ? await client.query(belongs) : [];
      if (((results as QueryResult[]).at(-1)?.rowCount ?? 0) === 0) {
        await client.query(
          `alter table datapoints detach partition ${leaf.sql}; comment on table ${leaf.sql} is ${literal(MARK)}`,
        );
        isDetached = true;
      }
    });
  } catch (error) {
    // Others may have renamed or detached it meanwhile.
    if (!(error instanceof LockTimeoutError) && !CHANGED.includes(failureCode(error) ?? '')) {
      throw error;
    }
  }
  return isDetached;
}

/** @returns the number of its rows */
async function dropDetached(pool: Pool, table: string, options: DropOptions): Promise<number> {
  const { rows } = await pool.query<{ rows: number }>(`select count(*)::float8 as rows from ${table}`);
  // The tables that its foreign keys refer to are locked for a moment, too.
  await briefly(pool, patience(options), async (client) => {
    await client.query(`drop table ${table}`);
  });
  return rows[0]?.rows ?? 0;
}

function patience({ signal = new AbortController().signal }: DropOptions) {
  return { lockTimeoutSeconds: WAIT_SECONDS, signal };
}

/**
 * Makes places for datapoints of those times, which may still be imported: empty partitions instead of those dropped, or one
 * instead of the first ones, if that had all times before a moment.
 */
async function replace(
  pool: Pool,
  { leaves, period }: Storage,
  dropped: StoredLeaf[],
  facts: TableFacts,
): Promise<void> {
  const kept = leaves.findIndex((leaf) => !dropped.includes(leaf));
  const [first, end] = [leaves[0], leaves[kept - 1]?.to];
  if (end && first?.from === null) {
    const start = Date.parse(end);
    await pool.query(newPartition(facts, firstPartition(period ?? 'month', start), null, start));
  }
  for (const { leaf, from, to } of dropped.filter((one) => leaves.indexOf(one) > kept)) {
    await pool.query(newPartition(facts, leaf.name, from === null ? null : Date.parse(from), Date.parse(to ?? '')));
  }
}
