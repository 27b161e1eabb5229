import type { Pool } from 'pg';
import { runAlone } from '../database/run-alone.ts';
import { literal } from '../database/sql.ts';
import { ConflictError, DatabaseError } from '../errors.ts';
import { alone } from './alone.ts';
import { besideMirror, expectKept } from './beside.ts';
import { timescaleSchema } from './chunks.ts';
import { type ConversionOptions, look, reading } from './conversion.ts';
import type { CopyOptions } from './copy-rows.ts';
import { dropHourly, expectHourlyPossible, makeHourly } from './hourly.ts';
import { replaceByCopy } from './mirror.ts';
import { expectNoOther, removeLeftovers } from './plain.ts';
import { licenceOf, POLICIES, type PolicyWish, setPolicies } from './policies.ts';
import type { Storage } from './storage.ts';

/** How a hypertable is to store its rows; what is undefined stays as it is. */
export interface HypertableWish extends PolicyWish {
  /** Whether to have the figures of each hour, and to calculate them anew. */
  hourly?: boolean | undefined;
  /** The time that a chunk covers. */
  chunkSeconds: number | undefined;
}

export interface HypertableResult {
  storage: Storage;
  /** What the licence of the server's TimescaleDB does not include. */
  refused: string[];
}

/** TimescaleDB's own default. */
const CHUNK_SECONDS = 7 * 86_400;

/**
 * Turns the table of datapoints into a TimescaleDB hypertable, by a copy, while it is read and written; or changes the settings of
 * one, and removes what an interrupted conversion of it into one table has left.
 * @throws ConflictError without the extension, or if the table has what a hypertable cannot have; LockTimeoutError
 */
export async function makeHypertable(
  pool: Pool,
  { chunkSeconds, compressAfter, dropAfter, hourly, ...options }: CopyOptions & HypertableWish,
): Promise<HypertableResult> {
  return await alone(pool, options, async () => {
    const { form } = await expectConvertible(pool, hourly);
    const api = await createExtension(pool, options);
    const licence = await reading(pool, licenceOf);
    if (hourly && licence !== 'apache') {
      await reading(pool, (client) => expectHourlyPossible(client, form));
    }
    if (form === 'plain') {
      const turn = (copy: string) =>
        `select ${api}.create_hypertable(${literal(copy)}, ${api}.by_range('timestamp', make_interval(secs => ${chunkSeconds ?? CHUNK_SECONDS})),
                                         create_default_indexes => false)`;
      await replaceByCopy(pool, besideMirror(pool, { conversion: 'timescale', turn }, options), options);
    } else {
      await removeLeftovers(pool, options);
    }
    if (chunkSeconds !== undefined) {
      await pool.query(`select ${api}.set_chunk_time_interval('datapoints', make_interval(secs => $1::float8))`, [
        chunkSeconds,
      ]);
    }
    const policies = await setPolicies(pool, { compressAfter, dropAfter }, options);
    const refused = policies.map((policy) => POLICIES[policy].name as string);
    if (hourly === false) {
      await dropHourly(pool, options);
    } else if (hourly && licence === 'apache') {
      refused.push('figures of hours');
    } else if (hourly) {
      await makeHourly(pool, options);
    }
    return { storage: await look(pool), refused };
  });
}

/**
 * Returns how the datapoints are stored, if they can be in a hypertable; `hourly` with figures of hours.
 * @throws ConflictError
 */
export async function expectConvertible(pool: Pool, hourly = false): Promise<Storage> {
  const storage = await look(pool);
  const { rows } = await pool.query<{ available: boolean; endless: boolean }>(
    `select exists (select from pg_available_extensions where name = 'timescaledb') as available,
            exists (select from datapoints where "timestamp" = '-infinity') as endless`,
  );
  const { available, endless } = rows[0] ?? {};
  if (storage.form !== 'plain' && storage.form !== 'hypertable') {
    throw new ConflictError(`The datapoints are stored in another form (${storage.form}).`, {
      hint: 'Only one table can become a hypertable. Make it one table first: webmacs db storage plain',
    });
  }
  if (!available) {
    throw new ConflictError('TimescaleDB is not installed on the server.', {
      hint: 'Install it there (Debian: postgresql-17-timescaledb), add it to shared_preload_libraries, and restart PostgreSQL. "webmacs db storage partition" needs no extension.',
    });
  }
  await expectNoOther(pool, storage, 'timescale');
  if (storage.form === 'plain') {
    await reading(pool, (client) => expectKept(client, 'timescale'));
  }
  const licence = await reading(pool, licenceOf);
  if (hourly && licence !== null && licence !== 'apache') {
    await reading(pool, (client) => expectHourlyPossible(client, storage.form));
  }
  if (endless) {
    throw new ConflictError('There are datapoints with the time -infinity, which no chunk can have.', {
      hint: 'Correct or delete them first: webmacs datapoints list --sort timestamp --limit 1',
    });
  }
  return storage;
}

/** Returns how many chunks the datapoints would be in at most. */
export async function chunksFor(pool: Pool, chunkSeconds = CHUNK_SECONDS): Promise<number> {
  const { rows } = await pool.query<{ chunks: number | null }>(
    `select (floor(extract(epoch from max("timestamp")) / $1) - floor(extract(epoch from min("timestamp")) / $1) + 1)::float8 as chunks
       from datapoints where isfinite("timestamp")`,
    [chunkSeconds],
  );
  return rows[0]?.chunks ?? 0;
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
