import type { Pool } from 'pg';
import { runAlone } from '../database/run-alone.ts';
import { identifier } from '../database/sql.ts';
import { ConflictError, DatabaseError } from '../errors.ts';
import { timescaleSchema } from './chunks.ts';
import { alone, briefly, buildKey, type ConversionOptions, expectNoObstacles, look, reading } from './conversion.ts';
import { expectNoOther } from './plain.ts';
import { compress } from './policies.ts';
import type { Storage } from './storage.ts';
import { CHUNK_KEYS, LOCKS } from './swap.ts';
import { type TableFacts, tableFacts } from './table-facts.ts';

/** How a hypertable is to store its rows; what is undefined stays as it is. */
export interface HypertableWish {
  /** The time that a chunk covers. */
  chunkSeconds: number | undefined;
  /** The age at which a chunk is compressed. */
  compressAfterSeconds: number | undefined;
}

export interface HypertableResult {
  storage: Storage;
  /** What the licence of the server's TimescaleDB does not include. */
  refused: 'compression' | null;
}

/** The functions that it needs are older. */
const CHUNK_SECONDS = 7 * 86_400;

/**
 * Turns the table of datapoints into a TimescaleDB hypertable, or changes the settings of one. Its keys are built while the table
 * is used; then all rows are moved into chunks in one transaction, for which others wait.
 * @throws ConflictError without the extension, or if the table has what a hypertable cannot have; LockTimeoutError
 */
export async function makeHypertable(
  pool: Pool,
  { chunkSeconds, compressAfterSeconds, ...options }: ConversionOptions & HypertableWish,
): Promise<HypertableResult> {
  return await alone(pool, options, async () => {
    const { form } = await expectConvertible(pool);
    const api = await createExtension(pool, options);
    if (form === 'plain') {
      for (const key of CHUNK_KEYS) {
        await buildKey(pool, 'datapoints', key, options);
      }
      await options.onStep('moving all rows into chunks, for which others wait');
      await briefly(pool, options, async (client) => {
        const facts = await tableFacts(client, 'datapoints');
        expectNoObstacles({ ...facts, obstacles: [] });
        await client.query([LOCKS, ...adjustedKeys(facts)].join(';\n'));
        await client.query(
          `select ${api}.create_hypertable('datapoints', ${api}.by_range('timestamp', make_interval(secs => $1::float8)),
                                           create_default_indexes => false, migrate_data => true)`,
          [chunkSeconds ?? CHUNK_SECONDS],
        );
      });
      await options.onStep('analysing');
      await runAlone(pool, 'analyze datapoints', options);
    } else if (chunkSeconds !== undefined) {
      await pool.query(`select ${api}.set_chunk_time_interval('datapoints', make_interval(secs => $1::float8))`, [
        chunkSeconds,
      ]);
    }
    const refused =
      compressAfterSeconds === undefined || (await compress(pool, api, compressAfterSeconds, options))
        ? null
        : 'compression';
    return { storage: await look(pool), refused };
  });
}

/**
 * Returns how the datapoints are stored, if they can be in a hypertable.
 * @throws ConflictError
 */
export async function expectConvertible(pool: Pool): Promise<Storage> {
  const { storage, facts, available } = await reading(pool, async (client) => ({
    storage: await look(pool),
    facts: await tableFacts(client, 'datapoints'),
    available: (await client.query(`select from pg_available_extensions where name = 'timescaledb'`)).rowCount,
  }));
  if (storage.form !== 'plain' && storage.form !== 'hypertable') {
    throw new ConflictError(`The datapoints are stored in another form (${storage.form}).`, {
      hint: 'Only one table can become a hypertable. See: webmacs db storage plain --help',
    });
  }
  if (!available) {
    throw new ConflictError('TimescaleDB is not installed on the server.', {
      hint: 'Install it there (Debian: postgresql-17-timescaledb), add it to shared_preload_libraries, and restart PostgreSQL. "webmacs db storage partition" needs no extension.',
    });
  }
  await expectNoOther(pool, storage, 'timescale');
  if (storage.form === 'plain') {
    expectNoObstacles({ ...facts, obstacles: [] });
  }
  return storage;
}

/** @returns the quoted schema of its functions */
async function createExtension(pool: Pool, options: ConversionOptions): Promise<string> {
  const { rowCount } = await pool.query(`select from pg_extension where extname = 'timescaledb'`);
  if (!rowCount) {
    await options.onStep('creating the extension timescaledb');
    try {
      await runAlone(pool, 'create extension if not exists timescaledb', options);
    } catch (error) {
      throw new DatabaseError(`The extension timescaledb cannot be created: ${(error as Error).message}`, {
        hint: `A superuser creates it in this database: CREATE EXTENSION timescaledb. It must be in shared_preload_libraries when PostgreSQL starts.`,
        cause: error,
      });
    }
  }
  return await reading(pool, timescaleSchema);
}

/** Returns the statements that replace the keys by those with the time, which were built beforehand. */
function adjustedKeys({ indexes, constraints }: TableFacts): string[] {
  const table = 'alter table datapoints';
  const old = indexes.filter(({ unique, columns }) => unique && !columns.includes('timestamp'));
  return [
    ...old.map(({ name }) =>
      constraints.some((constraint) => constraint.name === name)
        ? `${table} drop constraint ${identifier(name)}`
        : `drop index ${identifier(name)}`,
    ),
    ...CHUNK_KEYS.map(
      ({ index, suffix, primary }) =>
        `${table} add constraint ${identifier(`datapoints_${suffix}`)} ${primary ? 'primary key' : 'unique'} using index ${identifier(index)}`,
    ),
  ];
}
