import type { EntityManager } from '@mikro-orm/postgresql';
import { byEvent } from '../database/distributed.ts';
import { query } from '../database/query.ts';
import { LATEST_FIRST, OF_EVENT } from '../domain/datapoints.ts';
import { anyConditionSql } from '../domain/rule-condition.ts';
import type { RuleRow } from '../domain/rules.ts';
import { isoTimestamp } from '../entities/types.ts';
import type { EventRow } from '../export/request.ts';
import { type SeriesEvent, seriesEvent } from './model.ts';

/** An enabled rule, and whether the last value of its event meets its condition. */
export type RuleState = Pick<RuleRow, 'name' | 'operator' | 'threshold' | 'thresholdHigh'> & { met: boolean };

/** An event, and the last of its values. */
export interface LatestValue {
  event: SeriesEvent;
  /** Of the last datapoint, as ISO 8601; null if there is none. */
  timestamp: string | null;
  value: number | null;
  /** The same in seconds since 1970; infinite if it is. */
  at: number | null;
  /** The time since then by the clock of the server, negative if it is in the future. */
  ageSeconds: number | null;
  /** The least and the greatest finite value since the time that was given for the event. */
  low: number | null;
  high: number | null;
  /** The last values, oldest first. */
  recent: number[];
  rules: RuleState[];
}

type LatestRecord = Omit<LatestValue, 'event' | 'ageSeconds'> & EventRow & { age: number | null };

export interface LatestRequest {
  /** These events; if omitted, all that have a datapoint. */
  eventPublicIds?: readonly string[] | undefined;
  /** How many of the last values; 1 by default. */
  count?: number;
  /** ISO 8601: only values before that time. */
  to?: string;
  /** By the public id of an event, the time after which its least and its greatest value are looked for. */
  since?: Readonly<Record<string, string>>;
}

/**
 * Reads the last values of events with the state of their rules, in the order of the events' names: one statement, with one
 * index lookup per event, and the datapoints since a time if that is given.
 */
export async function latestOf(
  em: EntityManager,
  { eventPublicIds, count = 1, to, since = {} }: LatestRequest,
): Promise<LatestValue[]> {
  const before = to ?? null;
  const rows = await byEvent(em, eventPublicIds, async (only, events) => {
    const ids = events?.join(',') ?? null;
    return await query<LatestRecord>(
      em,
      `select e.public_id, e.name, e.unit, e.min_value, e.max_value, d.timestamp, d.value, coalesce(d.recent, '{}') as recent,
            extract(epoch from d.timestamp)::float8 as at, fresh.low, fresh.high,
            extract(epoch from statement_timestamp() - d.timestamp)::float8 as age, coalesce(rules.states, '[]') as rules
       from events e
       left join lateral (
         select (array_agg(timestamp))[1] as timestamp, (array_agg(value))[1] as value, array_agg(value) as recent
           from (select timestamp, value from datapoints
                  where ${only ?? OF_EVENT} and (?::timestamptz is null or timestamp < ?)
                  order by ${LATEST_FIRST} limit ?) last
       ) d on true
       left join lateral (
         select min(value) as low, max(value) as high from datapoints
          where event_public_id = e.public_id and ${only ?? 'true'} and timestamp > (?::json ->> e.public_id)::timestamptz and timestamp <= d.timestamp
            and abs(value) < 'Infinity'
       ) fresh on true
       left join lateral (
         select json_agg(json_build_object('name', r.name, 'operator', r.operator, 'threshold', r.threshold,
                                           'thresholdHigh', r.threshold_high, 'met', ${anyConditionSql()} is true)
                         order by r.name) as states
           from rules r where r.event_public_id = e.public_id and r.enabled
       ) rules on true
      where case when ?::text is null then d.timestamp is not null else e.public_id = any (string_to_array(?, ',')) end
      order by e.name`,
      [before, before, count, JSON.stringify(since), ids, ids],
    );
  });
  return rows.map(({ public_id, name, unit, min_value, max_value, age, timestamp, recent, ...row }) => ({
    ...row,
    event: seriesEvent({ public_id, name, unit, min_value, max_value }),
    timestamp: timestamp === null ? null : isoTimestamp(timestamp),
    ageSeconds: age,
    recent: recent.reverse(),
  }));
}
