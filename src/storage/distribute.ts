import type { ClientBase, Pool } from 'pg';
import { distributionOf, IN_SEQUENCE } from '../database/distributed.ts';
import { localCopies } from '../database/shards.ts';
import { identifier, literal } from '../database/sql.ts';
import { ConflictError } from '../errors.ts';
import { alone } from './alone.ts';
import { briefly, type ConversionOptions } from './conversion.ts';
import { ONE_TABLE_KEYS } from './swap.ts';
import { tableFacts } from './table-facts.ts';

/**
 * Distributes the datapoints over the servers of Citus by their event, and copies the other tables to each of them: in one
 * transaction, so that an interrupted conversion has changed nothing. What the coordinator had before is removed, also after
 * conversions that left it.
 * @param tables those of the layout, parents before children
 * @returns whether anything has changed
 * @throws ConflictError if Citus is not installed; LockTimeoutError
 */
export async function distribute(
  pool: Pool,
  { tables, shards, ...options }: ConversionOptions & { tables: readonly string[]; shards: number },
): Promise<boolean> {
  await serversOf(pool);
  return await changeAlone(pool, options, async (client) => {
    const free = async () => {
      const copies = await localCopies(client, tables);
      for (const { table } of copies) {
        await client.query(`select truncate_local_data_after_distributing_table(${literal(table)})`);
      }
      return copies.length > 0;
    };
    // At once, since to get a lock in the end might fail, and all be in vain.
    await client.query(`lock table ${tables.map(identifier).join(', ')} in access exclusive mode`);
    if (await isDistributed(client)) {
      return await free();
    }
    const { rows: copied } = await client.query<{ table: string }>(
      `select logicalrelid::text as table from pg_dist_partition where repmodel = 't'`,
    );
    // One statement each: Citus refuses several in one.
    for (const table of tables.filter((name) => name !== 'datapoints' && !copied.some((one) => one.table === name))) {
      await options.onStep(`copying "${table}" to every server`);
      await client.query(`select create_reference_table(${literal(table)})`);
    }
    await options.onStep('distributing the datapoints by their event');
    await dropKeys(client);
    await client.query(`select create_distributed_table('datapoints', 'event_public_id', shard_count := ${shards})`);
    await addKeys(client, ['event_public_id']);
    await free();
    return true;
  });
}

/**
 * Brings all tables back to one server, in one transaction.
 * @throws LockTimeoutError
 */
export async function undistribute(pool: Pool, options: ConversionOptions): Promise<boolean> {
  return await changeAlone(pool, options, async (client) => {
    await options.onStep('bringing the datapoints back');
    await client.query(`select undistribute_table('datapoints', cascade_via_foreign_keys := true)`);
    const { rows } = await client.query<{ table: string }>(
      `select logicalrelid::text as table from pg_dist_partition where repmodel = 't'`,
    );
    for (const { table } of rows) {
      await client.query(`select undistribute_table(${literal(table)})`);
    }
    await dropKeys(client);
    await addKeys(client, []);
    return true;
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

/** Whether the datapoints are distributed by event. */
export async function isDistributed(client: ClientBase | Pool): Promise<boolean> {
  const distribution = await distributionOf(client, 'datapoints');
  return distribution !== undefined && distribution !== 'copies';
}

async function changeAlone<T>(
  pool: Pool,
  options: ConversionOptions,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  return await alone(pool, options, async () => await briefly(pool, { ...options, settings: IN_SEQUENCE }, work));
}

async function dropKeys(client: ClientBase): Promise<void> {
  const { constraints } = await tableFacts(client, 'datapoints');
  for (const { name } of constraints.filter(({ kind }) => kind === 'p' || kind === 'u')) {
    await client.query(`alter table datapoints drop constraint ${identifier(name)}`);
  }
}

/** @param more the columns that each key must have */
async function addKeys(client: ClientBase, more: readonly string[]): Promise<void> {
  for (const { suffix, primary, columns } of ONE_TABLE_KEYS) {
    const list = [...columns, ...more].map(identifier).join(', ');
    await client.query(
      `alter table datapoints add constraint ${identifier(`datapoints_${suffix}`)} ${primary ? 'primary key' : 'unique'} (${list})`,
    );
  }
}
