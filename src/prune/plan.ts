import type { Pool } from 'pg';
import { expirySql } from '../auth/jwt.ts';
import { isoTimestamp } from '../entities/types.ts';
import { InvalidInputError } from '../errors.ts';

/** Which rows of a table a prune deletes. */
export interface PrunePlan {
  table: string;
  /** The column whose index the batches follow, so that neighbouring rows are deleted together. */
  key: string;
  /** Applied one after the other; each has its own parameters `$1` and so on. */
  conditions: PruneCondition[];
  /** Whether every server of Citus has the rows, each at places of its own. */
  copies?: boolean;
  /** If all rows before a time are deleted, partitions that end before it can be dropped. */
  all?: {
    before: string;
    /** Whether only those that belong to no experiment are. */
    keepExperiments: boolean;
  };
}

/** How whole partitions or chunks are dropped. */
export interface DropOptions {
  signal?: AbortSignal;
  /** Called after each partition or chunk with the number of its rows. */
  onDropped(rows: number): void;
}

export interface PruneCondition {
  sql: string;
  parameters: readonly string[];
  /** Such as `event_public_id = $2`: the part of it by which Citus finds the only server that has the rows. */
  within?: string;
}

/** Selects of a condition the datapoints of each event. */
export function perEvent({ sql, parameters }: PruneCondition, eventPublicIds: readonly string[]): PruneCondition[] {
  const within = `event_public_id = $${parameters.length + 1}`;
  return eventPublicIds.map((id) => ({ sql: `${sql} and ${within}`, parameters: [...parameters, id], within }));
}

/** More than the years since the year 1, and not too much for the database. */
const MAX_SECONDS = 3000 * 366 * 86_400;

/** Times by the clock of the database, which also set the times that they are compared with. */
export interface Cutoff {
  /** Rows before it are old; ISO 8601 in UTC. */
  before: string;
  /** Now, in seconds since 1970. */
  now: string;
}

/**
 * Returns the time before which rows are old, by the clock of the database.
 *
 * @example
 * ```ts
 * const { before } = await cutoffOf(database.pool, 90 * 24 * 3600);
 * console.log(before);
 * // 20…
 * ```
 * @throws InvalidInputError if the time span reaches back before the year 1
 */
export async function cutoffOf(pool: Pool, olderThanSeconds: number): Promise<Cutoff> {
  const { rows } = await pool.query<Cutoff>(
    `select (now() - make_interval(secs => least($1::float8, ${MAX_SECONDS}))) at time zone 'UTC' || '+00' as before,
            extract(epoch from now())::text as now`,
    [olderThanSeconds],
  );
  const [cutoff] = rows;
  const before = isoTimestamp(cutoff?.before ?? '');
  if (!cutoff || !before.endsWith('+00:00')) {
    throw new InvalidInputError('There are no rows that old: the time span reaches back before the year 1.', {
      hint: 'Use a shorter one, such as 90d.',
    });
  }
  return { ...cutoff, before };
}

/**
 * Selects datapoints measured before the cutoff.
 *
 * @example
 * ```ts
 * const { publicId } = await database.em.findOneOrFail(Event, { name: 'Air flow' });
 * const cutoff = { ...(await cutoffOf(database.pool, 0)), before: '2026-01-01T00:00:03Z' };
 * const result = await prune(database.pool, oldDatapoints(cutoff, { eventPublicIds: [publicId] }));
 * console.log(result?.deleted);
 * // 3
 * console.log(await countPrunable(database.pool, oldDatapoints(cutoff, { keepExperiments: true })));
 * // 0
 * ```
 * @param eventPublicIds only those of these events, each by its own index
 * @param keepExperiments only those that belong to no experiment
 */
export function oldDatapoints(
  { before }: Cutoff,
  { eventPublicIds, keepExperiments = false }: { eventPublicIds?: string[]; keepExperiments?: boolean } = {},
): PrunePlan {
  const old = `timestamp < $1${keepExperiments ? ' and experiment_public_id is null' : ''}`;
  const condition = { sql: old, parameters: [before] };
  return eventPublicIds
    ? { table: 'datapoints', key: 'timestamp', conditions: perEvent(condition, eventPublicIds) }
    : { table: 'datapoints', key: 'timestamp', conditions: [condition], all: { before, keepExperiments } };
}

/**
 * Selects log entries written before the cutoff, of all types and statuses unless one is given.
 *
 * @example
 * ```ts
 * const plan = oldLogs(await cutoffOf(database.pool, 90 * 24 * 3600), { statusType: 'unread' });
 * console.log(await countPrunable(database.pool, plan));
 * // 2
 * ```
 */
export function oldLogs(
  cutoff: Cutoff,
  { loggingType, statusType }: { loggingType?: string; statusType?: string } = {},
): PrunePlan {
  return oldRows('log_entries', cutoff, { logging_type: loggingType, status_type: statusType });
}

/**
 * Selects webhook deliveries created before the cutoff, of all statuses unless one is given.
 *
 * @example
 * ```ts
 * const plan = oldDeliveries(await cutoffOf(database.pool, 90 * 24 * 3600), { status: 'delivered' });
 * console.log(await countPrunable(database.pool, plan));
 * // 0
 * ```
 */
export function oldDeliveries(cutoff: Cutoff, { status }: { status?: string } = {}): PrunePlan {
  return oldRows('webhook_deliveries', cutoff, { status });
}

function oldRows(table: string, { before }: Cutoff, equal: Record<string, string | undefined>): PrunePlan {
  const given = Object.entries(equal).flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
  const conditions = ['created_on < $1', ...given.map(({ column }, at) => `${column} = $${at + 2}`)];
  const parameters = [before, ...given.map(({ value }) => value)];
  return { table, key: 'created_on', conditions: [{ sql: conditions.join(' and '), parameters }] };
}

/**
 * Selects revoked tokens that have expired: JWTs whose `exp` has passed, and other texts that were revoked before the cutoff.
 * A JWT without an `exp` never expires.
 *
 * @example
 * ```ts
 * const cutoff = await cutoffOf(database.pool, 90 * 24 * 3600);
 * const result = await prune(database.pool, deadTokens(cutoff), { batchSize: 1000 });
 * console.log(result?.deleted);
 * // 1
 * ```
 * @param force also JWTs that have not expired, if they were revoked before the cutoff
 */
export function deadTokens({ before, now }: Cutoff, { force = false }: { force?: boolean } = {}): PrunePlan {
  const expired = `(select case when expiry.at is null then blacklisted_on < $1 else expiry.at <= $2::numeric end
                   from (select ${expirySql('token')} as at offset 0) expiry)`;
  const sql = force ? `(blacklisted_on < $1 or ${expired})` : expired;
  return { table: 'blacklist_tokens', key: 'id', conditions: [{ sql, parameters: [before, now] }] };
}
