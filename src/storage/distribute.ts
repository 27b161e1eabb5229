import type { ClientBase, Pool } from 'pg';
import { distributionOf, IN_SEQUENCE, isDistributed } from '../database/distributed.ts';
import { runAlone } from '../database/run-alone.ts';
import { pollLock } from '../database/session.ts';
import { localCopies } from '../database/shards.ts';
import { identifier, literal } from '../database/sql.ts';
import { ConflictError, LockTimeoutError } from '../errors.ts';
import { alone } from './alone.ts';
import { keepingComments } from './comments.ts';
import { briefly, buildKey, type ConversionOptions, reading } from './conversion.ts';
import { expectNoOther } from './plain.ts';
import type { Storage } from './storage.ts';
import { EVENT_KEYS, ONE_TABLE_KEYS } from './swap.ts';
import { tableFacts } from './table-facts.ts';

/** Has Citus copy the datapoints to the servers while they are used; without the parameters that may differ. */
const DISTRIBUTE = `select create_distributed_table_concurrently('datapoints', 'event_public_id'`;

/** A lock of a table that all databases share, and that nobody else locks; only superusers may. */
const ALONE_ON_SERVER = `do $$ begin
    lock table pg_catalog.pg_shseclabel in share update exclusive mode;
  exception when insufficient_privilege then null; end $$`;

interface DistributeOptions extends ConversionOptions {
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
  return await alone(pool, options, async () => {
    if (await isDistributed(pool)) {
      return await removeCopies(pool, { tables, ...options });
    }
    if ((await distributionOf(pool, 'datapoints')) === undefined) {
      for (const key of EVENT_KEYS) {
        await buildKey(pool, 'datapoints', key, options);
      }
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
    await options.onStep('copying the datapoints to the servers');
    await cancelOther(pool, options);
    if (!(await isDistributed(pool))) {
      await copyToServers(pool, shards, options);
    }
    return true;
  });
}

/**
 * Checks that the datapoints can be distributed.
 * @throws ConflictError
 */
export async function expectDistributable(pool: Pool, storage: Storage, tables: readonly string[]): Promise<void> {
  await expectNoOther(pool, storage, 'citus');
  const { rows } = await pool.query<{ level: string; plugins: string | null }>(
    `select current_setting('wal_level') as level, current_setting('output_plugin_libraries', true) as plugins`,
  );
  const { level, plugins } = rows[0] ?? {};
  if (level !== 'logical') {
    throw new ConflictError(`Citus cannot copy the rows while they are used: wal_level is "${level}", not "logical".`, {
      hint: 'On the coordinator: ALTER SYSTEM SET wal_level = logical, and restart it.',
    });
  }
  // Only later releases of PostgreSQL have the setting.
  if (plugins && !plugins.split(',').some((name) => ['citus', '*'].includes(name.replaceAll('"', '').trim()))) {
    throw new ConflictError(
      'Citus cannot copy the rows while they are used: output_plugin_libraries does not list it.',
      {
        hint: `On the coordinator: ALTER SYSTEM SET output_plugin_libraries = ${plugins}, citus; SELECT pg_reload_conf()`,
      },
    );
  }
  const obstacles = await reading(pool, async (client) => {
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
 * Brings all tables back to one server, in one transaction.
 * @throws LockTimeoutError
 */
export async function undistribute(pool: Pool, { tables, ...options }: DistributeOptions): Promise<boolean> {
  return await alone(pool, options, async () => {
    await cancelOther(pool, options);
    await options.onStep('bringing the datapoints back');
    return await inOneTransaction(pool, options, async (client) => {
      await lockAll(client, tables);
      await keepingComments(client, tables, async () => {
        await client.query(`select undistribute_table('datapoints', cascade_via_foreign_keys := true)`);
        for (const table of (await known(client, tables)).keys()) {
          await client.query(`select undistribute_table(${literal(table)})`);
        }
        for (const { index, columns } of ONE_TABLE_KEYS) {
          await client.query(`create unique index ${index} on datapoints (${columns.join(', ')})`);
        }
        await replaceKeys(client, ONE_TABLE_KEYS);
      });
      return true;
    });
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
    await replaceKeys(client, EVENT_KEYS);
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

/** Cancels a statement of a run that was killed, which the server goes on with; one of another database is waited for. */
async function cancelOther(pool: Pool, { lockTimeoutSeconds, signal }: ConversionOptions): Promise<void> {
  const isOver = async () => {
    const { rowCount } = await pool.query(
      `select pg_cancel_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and strpos(query, $1) > 0
       union all
       select null from pg_replication_slots
        where active and database <> current_database() and starts_with(slot_name, 'citus_shard_')`,
      [DISTRIBUTE],
    );
    return rowCount === 0;
  };
  if (!(await pollLock(isOver, lockTimeoutSeconds, signal))) {
    throw new LockTimeoutError(
      `Citus has been copying rows of an interrupted run, or of another database, for more than ${lockTimeoutSeconds} s.`,
      { hint: 'Run it again when that has ended: it continues. Or wait longer with --lock-timeout.' },
    );
  }
}

/**
 * Copies the datapoints to the servers. What Citus keeps meanwhile, it keeps for all databases of the coordinator together: of two
 * that are copied at the same time, rows would be lost.
 */
async function copyToServers(pool: Pool, shards: number, options: ConversionOptions): Promise<void> {
  await briefly(pool, options, async (client) => {
    await client.query(ALONE_ON_SERVER);
    await runAlone(pool, `${DISTRIBUTE}, shard_count := ${shards})`, options);
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
  await client.query(`lock table ${tables.map(identifier).join(', ')} in access exclusive mode`);
}

/** Makes keys of unique indexes that were built beforehand. */
async function replaceKeys(client: ClientBase, keys: typeof ONE_TABLE_KEYS | typeof EVENT_KEYS): Promise<void> {
  const { constraints } = await tableFacts(client, 'datapoints');
  const old = constraints.filter(({ kind }) => kind === 'p' || kind === 'u');
  await client.query(
    [
      ...old.map(({ name }) => `alter table datapoints drop constraint ${identifier(name)}`),
      ...keys.map(
        ({ index, suffix, primary }) =>
          `alter table datapoints add constraint datapoints_${suffix} ${primary ? 'primary key' : 'unique'} using index ${index}`,
      ),
    ].join(';\n'),
  );
}
