import type { ClientBase, Pool } from 'pg';
import { distributionOf, IN_SEQUENCE, isDistributed } from '../database/distributed.ts';
import { setLocal } from '../database/session.ts';
import { localCopies } from '../database/shards.ts';
import { identifier, literal } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { alone } from './alone.ts';
import { besideMirror, expectKept } from './beside.ts';
import { keepingComments } from './comments.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import type { CopyOptions } from './copy-rows.ts';
import { type Followed, removalOf, replaceByFollowing } from './follow.ts';
import { copyingIn } from './mirror.ts';
import { expectNoOther } from './plain.ts';
import type { Storage } from './storage.ts';
import { COPIES, tableFacts } from './table-facts.ts';

interface DistributeOptions extends CopyOptions {
  /** Those of the layout, parents before children. */
  tables: readonly string[];
}

/**
 * Distributes the datapoints over the servers of Citus by their event, and copies the other tables to each of them, while they are
 * read and written. What an interrupted conversion has done is continued. Where rows are distributed, what the coordinator still
 * has of them is removed, as conversions by other means leave it.
 * @returns whether anything has changed
 * @throws ConflictError if it is impossible; LockTimeoutError
 */
export async function distribute(
  pool: Pool,
  { tables, shards, ...options }: DistributeOptions & { shards: number },
): Promise<boolean> {
  return await alone(pool, options, async (hasFinished) => {
    const hasRemoved = await removeCopied(pool, 'plain', { tables, ...options });
    if (await isDistributed(pool)) {
      return (await removeCopies(pool, { tables, ...options })) || hasRemoved || hasFinished;
    }
    if ((await distributionOf(pool, 'datapoints')) === undefined) {
      await options.onStep('registering the tables with Citus');
      await inOneTransaction(pool, options, async (client) => await register(client, tables));
    }
    const copied = await known(pool, tables);
    for (const table of tables.filter((name) => name !== 'datapoints' && copied.get(name) !== true)) {
      await options.onStep(`copying "${table}" to every server`);
      await inOneTransaction(pool, options, async (client) => {
        // Who writes into a table locks it before those that it refers to.
        const { rows } = await client.query<{ referring: string }>(
          `select distinct conrelid::regclass::text || ', ' as referring from pg_constraint
            where contype = 'f' and confrelid = $1::regclass`,
          [table],
        );
        const referring = rows.map((row) => row.referring).join('');
        await client.query(`lock table ${referring}${identifier(table)} in exclusive mode`);
        // Otherwise the coordinator would keep the rows twice.
        const register = copied.has(table) ? '' : `select citus_add_local_table_to_metadata(${literal(table)});`;
        await keepingComments(client, tables, async () => {
          await client.query(`${register} select create_reference_table(${literal(table)})`);
        });
      });
    }
    const turn = (copy: string) =>
      `select create_distributed_table(${literal(copy)}, 'event_public_id', shard_count := ${shards})`;
    const mirror = besideMirror(pool, { conversion: 'citus', isDistributed: true, turn }, options);
    const followed: Followed = {
      ...mirror,
      isSharded: false,
      lock: async (client) => await lockAll(client, tables),
      replace: async (client) => [...removalOf(COPIES.citus), ...(await mirror.replace(client))],
    };
    await replaceByFollowing(pool, followed, options);
    return true;
  });
}

/**
 * Checks that the datapoints can be distributed.
 * @throws ConflictError
 */
export async function expectDistributable(pool: Pool, storage: Storage, tables: readonly string[]): Promise<void> {
  await expectNoOther(pool, storage, 'citus');
  const obstacles = await reading(pool, async (client) => {
    await expectKept(client, 'citus', true);
    if ((await tableFacts(client, 'datapoints')).sequence?.identity) {
      throw new ConflictError(
        'The ids of "datapoints" are an identity, which Citus does not bring back to one table.',
        {
          hint: "Have a sequence for them first: ALTER TABLE datapoints ALTER id DROP IDENTITY; CREATE SEQUENCE datapoints_id_seq OWNED BY datapoints.id; SELECT setval('datapoints_id_seq', max(id)) FROM datapoints; ALTER TABLE datapoints ALTER id SET DEFAULT nextval('datapoints_id_seq')",
        },
      );
    }
    const found: string[] = [];
    for (const table of tables) {
      const { triggers, indexes } = await tableFacts(client, table);
      found.push(...triggers.map(({ sql }) => `the trigger ${sql} of "${table}"`));
      const others = indexes.filter(({ unique, columns }) => unique && !columns.includes('event_public_id'));
      found.push(
        ...others
          .filter(({ columns }) => table === 'datapoints' && !['id', 'public_id'].includes(columns.join()))
          .map(({ name }) => `the unique index ${identifier(name)}`),
      );
    }
    return found;
  });
  if (obstacles.length > 0) {
    throw new ConflictError(`Citus cannot distribute tables with ${obstacles.join(', ')}.`, { hint: 'Drop it first.' });
  }
}

/**
 * Brings the datapoints back to one server, while they are used, and with them all other tables.
 * @throws ConflictError if something would be lost; LockTimeoutError
 */
export async function undistribute(pool: Pool, { tables, ...options }: DistributeOptions): Promise<boolean> {
  return await alone(pool, options, async () => {
    await removeCopied(pool, 'citus', { tables, ...options });
    const mirror = besideMirror(pool, { conversion: 'plain', isDistributed: true }, options);
    const followed: Followed = {
      ...mirror,
      isSharded: await isDistributed(pool),
      lock: async (client) => await lockAll(client, tables),
      async replace(client) {
        // The rows are in the copy; Citus then brings an empty table back.
        await client.query('truncate datapoints');
        await bringBack(client, tables);
        return [...removalOf(COPIES.plain), ...(await mirror.replace(client))];
      },
    };
    await replaceByFollowing(pool, followed, options);
    return true;
  });
}

/** Has Citus bring the tables back, with their rows. */
async function bringBack(client: ClientBase, tables: readonly string[]): Promise<void> {
  await keepingComments(client, tables, async () => {
    await client.query(`select undistribute_table('datapoints', cascade_via_foreign_keys := true)`);
    for (const table of (await known(client, tables)).keys()) {
      await client.query(`select undistribute_table(${literal(table)})`);
    }
  });
}

/**
 * Returns how many servers there are for the datapoints.
 * @throws ConflictError if Citus is not installed
 */
export async function serversOf(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(`select from pg_extension where extname = 'citus'`);
  if (rowCount === 0) {
    throw new ConflictError('The extension citus is not installed in this database.', {
      hint: 'Where its server has it: CREATE EXTENSION citus, and citus_add_node for each worker. On one server, use "webmacs db storage partition".',
    });
  }
  const { rows } = await pool.query<{ servers: number }>(
    `select count(*)::int as servers from pg_dist_node where noderole = 'primary' and shouldhaveshards`,
  );
  return rows[0]?.servers ?? 0;
}

/** Registers the tables with Citus, which leaves their rows where they are, under an exclusive lock. */
async function register(client: ClientBase, tables: readonly string[]): Promise<void> {
  await lockAll(client, tables);
  await keepingComments(client, tables, async () => {
    await client.query(`select citus_add_local_table_to_metadata('datapoints', cascade_via_foreign_keys := true)`);
  });
}

/** @returns which of the tables Citus knows, and whether it copies them to every server */
async function known(client: ClientBase | Pool, tables: readonly string[]): Promise<Map<string, boolean>> {
  const { rows } = await client.query<{ table: string; copied: boolean }>(
    `select relname as table, repmodel = 't' as copied from pg_dist_partition join pg_class c on c.oid = logicalrelid
      where logicalrelid = any ($1::regclass[])`,
    [tables],
  );
  return new Map(rows.map(({ table, copied }) => [table, copied]));
}

/** Removes what an interrupted conversion has copied. */
async function removeCopied(
  pool: Pool,
  conversion: 'citus' | 'plain',
  { tables, ...options }: DistributeOptions,
): Promise<boolean> {
  if ((await reading(pool, copyingIn)) !== conversion) {
    return false;
  }
  await options.onStep('removing what the interrupted conversion has copied');
  return await inOneTransaction(pool, options, async (client) => {
    await lockAll(client, tables);
    for (const statement of [...removalOf(COPIES[conversion]), `drop table ${COPIES[conversion]}`]) {
      await client.query(statement);
    }
    return true;
  });
}

async function removeCopies(pool: Pool, { tables, ...options }: DistributeOptions): Promise<boolean> {
  return await inOneTransaction(pool, options, async (client) => {
    await lockAll(client, tables);
    const copies = await localCopies(client, tables);
    for (const { table } of copies) {
      await client.query(`select truncate_local_data_after_distributing_table(${literal(table)})`);
    }
    return copies.length > 0;
  });
}

async function inOneTransaction<T>(
  pool: Pool,
  options: ConversionOptions,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  return await briefly(pool, { ...options, settings: IN_SEQUENCE }, work);
}

/** At once, and parents first, as others lock them. */
async function lockAll(client: ClientBase, tables: readonly string[]): Promise<void> {
  await client.query(setLocal(IN_SEQUENCE).join('; '));
  await client.query(`lock table ${tables.map(identifier).join(', ')} in access exclusive mode`);
}
