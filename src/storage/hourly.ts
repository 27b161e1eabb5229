import type { ClientBase, Pool } from 'pg';
import { CURRENT_SCHEMA } from '../database/current-schema.ts';
import { failureCode } from '../database/failure.ts';
import {
  FIGURES,
  HOURLY,
  IS_OURS,
  KNOWN_HOURS,
  KNOWN_VERSION,
  NEGATIVE_ZERO,
  recordText,
  YEARS,
} from '../database/hours.ts';
import type { StorageForm } from '../database/layouts/storage-form.ts';
import { runAlone } from '../database/run-alone.ts';
import { pollLock } from '../database/session.ts';
import { literal } from '../database/sql.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, LockTimeoutError } from '../errors.ts';
import { counted } from '../text/counted.ts';
import { hypertableOf, timescaleSchema } from './chunks.ts';
import { briefly, type ConversionOptions, reading } from './conversion.ts';
import { expectFree } from './names.ts';
import { COMPRESS } from './policies.ts';
import { settle } from './settle.ts';

/** How far the figures of hours reach. */
export interface HourlyState {
  /** The end of the last hour of which they were calculated, in ISO 8601; null if that was never finished, or none can be used. */
  until: string | null;
  /** The hours before that which have changed since, or whose chunks have, so that they are read from the datapoints. */
  changedHours: number;
}

/** Reads how far the figures of hours reach, in a transaction whose time zone is UTC; undefined if this program made none. */
export async function hourlyOf(client: ClientBase): Promise<HourlyState | undefined> {
  if (!(await hasHourly(client))) {
    return undefined;
  }
  if (!(await isKnown(client))) {
    return { until: null, changedHours: 0 };
  }
  const { rows } = await client.query<{ until: string | null; hours: number; certain: number }>(
    `${KNOWN_HOURS}
     select case when compressed is not null then to_timestamp((record->>'until')::float8 / 1e6)::text end as until,
            coalesce((select sum(upper(part) - lower(part)) from (
              select unnest(range_agg(range * ${YEARS} * int8range(null, (record->>'until')::int8))) as part
                from chunks where is_raw) parts), 0)::float8 / 3.6e9 as hours,
            coalesce((select sum("to" - "from") from certain), 0)::float8 / 3.6e9 as certain
       from ours`,
  );
  const { until = null, hours = 0, certain = 0 } = rows[0] ?? {};
  return until === null
    ? { until, changedHours: 0 }
    : { until: isoTimestamp(until), changedHours: Math.ceil(Math.max(0, hours - certain)) };
}

/**
 * Checks that a hypertable, or a table that becomes one, can have figures of hours.
 * @throws ConflictError for a version whose record of changes is unknown, chunks that are not chosen by the time, or if others have a
 *   relation of that name
 */
export async function expectHourlyPossible(client: ClientBase, form: StorageForm = 'hypertable'): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_available_extensions where name = 'timescaledb' and coalesce(installed_version, default_version) like $1`,
    [KNOWN_VERSION],
  );
  if (!rowCount) {
    throw new ConflictError(`Figures of hours need TimescaleDB ${KNOWN_VERSION.replace('.%', '')}.`, {
      hint: 'How other versions record changes has not been checked. Leave out --hourly.',
    });
  }
  const { key, isTimed } = form === 'hypertable' ? await hypertableOf(client) : { key: '', isTimed: true };
  if (!isTimed) {
    throw new ConflictError(`Figures of hours need chunks by the time of the datapoints, not ${key}.`, {
      hint: 'Leave out --hourly. Or make it one table and a hypertable again: webmacs db storage plain, timescale',
    });
  }
  if (!(await hasHourly(client))) {
    await expectFree(client, [HOURLY]);
  }
}

/**
 * Makes the continuous aggregate of hours, unless there is one, and calculates all of it, also what was known before.
 * @throws ConflictError as above; LockTimeoutError
 */
export async function makeHourly(pool: Pool, options: ConversionOptions): Promise<void> {
  await reading(pool, (client) => expectHourlyPossible(client));
  await options.onStep('preparing the figures of hours');
  await briefly(pool, options, async (client) => {
    const api = await timescaleSchema(client);
    const { rowCount } = await client.query(
      `select from timescaledb_information.hypertables
        where (hypertable_schema, hypertable_name) = (current_schema(), 'datapoints') and compression_enabled`,
    );
    if (!rowCount) {
      await client.query(COMPRESS);
    }
    if (!(await hasHourly(client))) {
      await client.query(
        `create materialized view ${HOURLY} with (timescaledb.continuous, timescaledb.materialized_only = true) as
           select ${api}.time_bucket('1 hour', "timestamp") as hour, event_public_id, experiment_public_id, ${FIGURES},
                  ${NEGATIVE_ZERO} as has_negative_zero
             from datapoints group by 1, 2, 3 with no data`,
      );
    }
    await client.query(`comment on view ${HOURLY} is ${literal(recordText('{}'))}`);
  });
  // Statements that had begun do not know the aggregate.
  await settle(pool, options);
  await refreshHourly(pool, options);
}

/**
 * Returns what hours there are to calculate, in a transaction whose time zone is UTC; `isDue` if there are some.
 * @throws ConflictError without compression
 */
export async function planHourly(
  client: ClientBase,
): Promise<(UnknownHours & { isUnknown: boolean; isDue: boolean }) | undefined> {
  const before = await hourlyOf(client);
  const planned = before && (await unknownHours(client));
  if (!planned) {
    return undefined;
  }
  if (!planned.isCompressible) {
    throw new ConflictError('Compression was turned off: changes are not all recorded.', {
      hint: 'Set it up again: webmacs db storage timescale --hourly',
    });
  }
  const isUnknown = planned.pieces.length > 0 || before.until === null;
  return { ...planned, isUnknown, isDue: isUnknown || before.changedHours > 0 };
}

/**
 * Calculates the hours that have ended, and are not known, or have changed since.
 * @returns whether there was anything to do
 * @throws ConflictError without compression; LockTimeoutError
 */
export async function refreshHourly(pool: Pool, options: ConversionOptions): Promise<boolean> {
  const planned = await reading(pool, planHourly);
  if (!planned) {
    return false;
  }
  const { view, until, first, isUnknown } = planned;
  const refresh = async (from: bigint, to: bigint, how: string) =>
    await callRefresh(pool, view, { from, to, how }, options);
  if (isUnknown) {
    // From here on, TimescaleDB records what changes before then.
    await refresh(until - HOUR, until, '');
    await makeChunks(pool, planned.pieces, (hour) => refresh(hour, hour + HOUR, FORCED));
    // Again, as its chunks may have changed.
    const { pieces, record } = (await reading(pool, async (client) => await unknownHours(client, until))) ?? planned;
    // Those that are ending have looked before, and record nothing.
    await settle(pool, options, 'writers');
    await options.onStep(`calculating the hours of ${counted(pieces.length, 'chunk')}`);
    for (const { from, to } of pieces) {
      await refresh(BigInt(from), BigInt(to), FORCED);
    }
    await briefly(pool, options, async (client) => {
      await client.query(`comment on view ${view} is ${literal(recordText(record))}`);
    });
  }
  const after = await reading(pool, hourlyOf);
  if (after?.changedHours && first !== null) {
    await options.onStep('calculating hours that have changed');
    await refresh(BigInt(first), until, '');
  }
  return isUnknown || (after?.changedHours ?? 0) > 0;
}

/** Drops the figures of hours. */
export async function dropHourly(pool: Pool, options: ConversionOptions): Promise<void> {
  if (await reading(pool, hasHourly)) {
    await options.onStep('dropping the figures of hours');
    await briefly(pool, options, async (client) => await client.query(`drop materialized view ${HOURLY}`));
  }
}

const HOUR = 3_600_000_000n;
const FORCED = `, force => true, options => '{"buckets_per_batch": 0}'`;

interface UnknownHours {
  view: string;
  /** Whether compression is set up. */
  isCompressible: boolean;
  /** The end of the last hour that has ended, an hour ago at least; and the first time of a chunk. */
  until: bigint;
  first: string | null;
  /** The hours before that, chunk by chunk, of which the figures are not known. */
  pieces: { from: string; to: string }[];
  /** What is to be recorded once they are, in JSON. */
  record: string;
}

async function unknownHours(client: ClientBase, given?: bigint): Promise<UnknownHours | undefined> {
  const { rows } = await client.query<Omit<UnknownHours, 'until'> & { until: string }>(
    `${KNOWN_HOURS}, ended as (
       select coalesce($1::int8, (extract(epoch from date_trunc('hour', now() - interval '1 hour', 'UTC')) * 1000000)::int8) as until
     ), pieces as (
       select floor(lower(piece)::numeric / ${HOUR})::int8 * ${HOUR} as "from",
              least(until, ceil(upper(piece)::numeric / ${HOUR})::int8 * ${HOUR}) as "to"
         from ended, covered, chunks,
              unnest(int8multirange(range * ${YEARS} * int8range(null, until)) - coalesce(covered.ranges, '{}')) piece
        where is_raw
     )
     select ours.view::regclass::text as view, compressed is not null as "isCompressible", until::text,
            (select (floor(min(lower(range * ${YEARS}))::numeric / ${HOUR})::int8 * ${HOUR})::text from chunks where is_raw) as first,
            (select coalesce(json_agg(json_build_object('from', "from"::text, 'to', "to"::text) order by "from"), '[]') from pieces) as pieces,
            json_build_object('until', until, 'compressed', compressed, 'chunks', (
              select coalesce(json_agg(json_build_array(id, lower(range), upper(range), bounds) order by id), '[]') from chunks
            ))::text as record
       from ours, ended`,
    [given],
  );
  return rows.map((row) => ({ ...row, until: BigInt(row.until) }))[0];
}

/** Has chunks of the aggregate made for all datapoints of the pieces: only those that were there before can be relied on. */
async function makeChunks(
  pool: Pool,
  pieces: UnknownHours['pieces'],
  refresh: (hour: bigint) => Promise<void>,
): Promise<void> {
  for (const { from, to } of pieces) {
    const gaps = await reading(pool, async (client) => {
      const { rows } = await client.query<{ from: string; to: string }>(
        `${KNOWN_HOURS}
         select to_timestamp(lower(gap) / 1e6)::text as "from", to_timestamp(upper(gap) / 1e6)::text as "to"
           from unnest(int8multirange(int8range($1, $2))
                         - coalesce((select range_agg(range) from chunks where not is_raw), '{}')) gap`,
        [from, to],
      );
      return rows;
    });
    for (const gap of gaps) {
      // By constants, so that no other chunk is read.
      const { rows } = await pool.query<{ hour: string }>(
        `select floor(extract(epoch from "timestamp") / 3600)::text as hour from datapoints
          where "timestamp" >= ${literal(gap.from)} and "timestamp" < ${literal(gap.to)} limit 1`,
      );
      for (const { hour } of rows) {
        await refresh(BigInt(hour) * HOUR);
      }
    }
  }
}

/** Waits while others refresh the same hours. */
async function callRefresh(
  pool: Pool,
  view: string,
  { from, to, how }: { from: bigint; to: bigint; how: string },
  options: ConversionOptions,
): Promise<void> {
  const api = await reading(pool, timescaleSchema);
  const [start, end] = [from, to].map((at) => `timestamptz ${literal(timeText(at))}`);
  const call = `call ${api}.refresh_continuous_aggregate(${literal(view)}, ${start}, ${end}${how})`;
  const isDone = async () => {
    try {
      await runAlone(pool, call, options);
      return true;
    } catch (error) {
      if (BUSY.includes(failureCode(error) ?? '')) {
        return false;
      }
      throw error;
    }
  };
  if (!(await pollLock(isDone, options.lockTimeoutSeconds, options.signal))) {
    throw new LockTimeoutError(`Others have calculated the same hours for more than ${options.lockTimeoutSeconds} s.`, {
      hint: 'Run it again: it continues where it stopped. Or wait longer with --lock-timeout.',
    });
  }
}

/** Another refresh, or a deadlock with one. */
const BUSY = ['55P03', '40P01'];

/** Whole hours have no fraction. */
function timeText(at: bigint): string {
  return new Date(Number(at / 1000n)).toISOString();
}

/** Whether this program has made the aggregate, whatever the version of TimescaleDB. */
export async function hasHourly(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_class where relnamespace = ${CURRENT_SCHEMA} and relname = '${HOURLY}' and ${IS_OURS}`,
  );
  return rowCount === 1;
}

async function isKnown(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_extension where extname = 'timescaledb' and extversion like '${KNOWN_VERSION}'`,
  );
  return rowCount === 1;
}
