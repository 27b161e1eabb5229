import { IsolationLevel } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import type { TimeRange } from '../database/time-range.ts';
import { isoTimestamp } from '../entities/types.ts';
import { allGiven, jsonNumber, type Sql } from './datapoints.ts';
import { type Condition, conditionSql } from './rule-condition.ts';

/** The datapoints of the rule's event to replay. */
export interface Recording extends TimeRange {
  experimentPublicId?: string;
}

/** A datapoint at which the rule would have triggered. */
export type Trigger = {
  timestamp: string;
  /** A number, or an infinity as text: JSON cannot represent it. */
  value: number | string;
  public_id: string;
};

/** The result of a replay. */
export interface Replay {
  /** The number of values replayed. */
  datapoints: number;
  /** The number of values that meet the condition, ignoring the cooldown. */
  matches: number;
  /** The total number of triggers, of which `first` has the first. */
  triggers: number;
  first: Trigger[];
}

/**
 * Finds when a rule would have triggered on these datapoints, in the order of time: at the first value that meets the
 * condition, and again at the first such value after each cooldown, to the microsecond. The actual last trigger of the
 * rule is ignored.
 * @param limit the maximum number of triggers to return; all are counted
 */
export async function replayRule(
  em: EntityManager,
  rule: Condition,
  recording: Recording,
  limit: number,
): Promise<Replay> {
  // One snapshot for all statements.
  const settings = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true };
  return await em.fork().transactional(async (inner) => {
    const { datapoints, matches, first, last } = await extentOf(inner, rule, recording);
    if (matches === 0) {
      return { datapoints, matches, triggers: 0, first: [] };
    }
    // With stale statistics the planner would sort the rest of the recording at each step, which is quadratic.
    await query(
      inner,
      `select set_config(name, 'off', true) from unnest(array['enable_sort', 'enable_bitmapscan']) name`,
    );
    const matching = matchingSql(rule, recording, first, last);
    const rows =
      rule.cooldownSeconds === 0
        ? await everyMatch(inner, matching, limit)
        : await spacedMatches(inner, matching, rule.cooldownSeconds, limit);
    return { datapoints, matches, triggers: rows[0]?.triggers ?? matches, first: rows.slice(0, limit).map(triggerOf) };
  }, settings);
}

interface Extent {
  datapoints: number;
  matches: number;
  first: string;
  last: string;
}

interface TriggerRecord {
  timestamp: string;
  value: number;
  public_id: string;
  triggers?: number;
}

/**
 * Returns the number of datapoints to replay, and their first and last time: without these, the search for the next
 * trigger would continue to the last datapoint of the event, years after the experiment.
 */
async function extentOf(em: EntityManager, rule: Condition, recording: Recording): Promise<Extent> {
  const condition = conditionSql(rule);
  const recorded = recordedSql(rule, recording);
  const [row] = await query<Extent>(
    em,
    `select count(*)::float8 as datapoints, (count(*) filter (where ${condition.sql}))::float8 as matches,
            min(d.timestamp)::text as first, max(d.timestamp)::text as last
       from datapoints d where ${recorded.sql}`,
    [...condition.parameters, ...recorded.parameters],
  );
  return row ?? { datapoints: 0, matches: 0, first: '', last: '' };
}

async function everyMatch(em: EntityManager, { sql, parameters }: Sql, limit: number): Promise<TriggerRecord[]> {
  return await query<TriggerRecord>(
    em,
    `select d.timestamp, d.value, d.public_id
       from datapoints d where ${sql} order by d.timestamp, d.id limit ?::bigint`,
    [...parameters, limit],
  );
}

/** Each step looks up the end of the cooldown in the index on event and timestamp, and scans from there to a match. */
async function spacedMatches(
  em: EntityManager,
  { sql, parameters }: Sql,
  cooldownSeconds: number,
  limit: number,
): Promise<TriggerRecord[]> {
  // For an infinite timestamp the end of the cooldown is itself; the last condition ends the search there.
  return await query<TriggerRecord>(
    em,
    `with recursive found as (
       (select d.timestamp, d.value, d.public_id, 1 as n
          from datapoints d where ${sql} order by d.timestamp, d.id limit 1)
       union all
       select later.timestamp, later.value, later.public_id, found.n + 1
         from found cross join lateral (
           select d.timestamp, d.value, d.public_id
             from datapoints d
            where ${sql} and d.timestamp >= found.timestamp + make_interval(secs => ?) and d.timestamp > found.timestamp
            order by d.timestamp, d.id limit 1
         ) later
     )
     select timestamp, value, public_id, (select max(n) from found)::float8 as triggers
       from found where n <= greatest(?::bigint, 1) order by n`,
    [...parameters, ...parameters, cooldownSeconds, limit],
  );
}

function recordedSql({ event }: Condition, { experimentPublicId, from, to }: Recording): Sql {
  return allGiven({
    'd.event_public_id = ?': event.publicId,
    'd.experiment_public_id = ?': experimentPublicId,
    'd.timestamp >= ?': from,
    'd.timestamp < ?': to,
  });
}

function matchingSql(rule: Condition, recording: Recording, first: string, last: string): Sql {
  const extent = { sql: 'd.timestamp between ? and ?', parameters: [first, last] };
  return allOf([recordedSql(rule, recording), extent, conditionSql(rule)]);
}

function allOf(parts: Sql[]): Sql {
  return {
    sql: parts.map(({ sql }) => `(${sql})`).join(' and '),
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}

function triggerOf({ timestamp, value, public_id }: TriggerRecord): Trigger {
  return { timestamp: isoTimestamp(timestamp), value: jsonNumber(value), public_id };
}
