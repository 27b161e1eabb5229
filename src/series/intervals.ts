import type { ClientBase } from 'pg';
import { distributionOf } from '../database/distributed.ts';
import { withSettings } from '../database/session.ts';
import { selection } from '../export/query.ts';
import type { ExportRequest } from '../export/request.ts';

/** The time in which the datapoints of an event are, in seconds since 1970, both inclusive. */
export interface Span {
  publicId: string;
  from: number;
  to: number;
}

/** How far apart the datapoints of an event are. */
export interface Interval {
  /** The median of the times between two datapoints that are not at the same time. */
  seconds: number;
  /** How many of these it is the median of. */
  samples: number;
}

/** How many places of its time are looked at, for each event. */
const PLACES = 21;
/** How many datapoints at each of them. */
const ROWS = 51;

/**
 * Without statistics of a new experiment, the planner would sort all its datapoints at each place; and unless both columns of the
 * index are compared, it might read another one until it finds the event.
 */
export const BY_INDEX = { enable_sort: 'off', enable_bitmapscan: 'off', jit: 'off' };

/**
 * Returns the sampling intervals of events, by public id; none of events whose datapoints are all at the same time. It reads the
 * index at some places, and so all datapoints of an event that has few, at a small part of the cost of reading all of many.
 */
export async function sampledIntervals(
  client: ClientBase,
  { experimentPublicId }: ExportRequest,
  spans: readonly Span[],
): Promise<Map<string, Interval>> {
  const belongs = selection(experimentPublicId === undefined ? {} : { experimentPublicId });
  // Needed to find the server; else, for the order is then that of the time alone, the planner would read the index on that.
  const isDistributed = (await distributionOf(client, 'datapoints')) !== undefined;
  const only = isDistributed ? 'd.event_public_id = $1' : 'true';
  return await withSettings(client, BY_INDEX, async () => {
    const intervals = new Map<string, Interval>();
    // Event by event: where several servers store them, one of them has all that is asked.
    for (const { publicId, from, to } of spans) {
      const { rows } = await client.query<Interval | { seconds: null }>(
        `select extract(epoch from percentile_disc(0.5) within group (order by step))::float8 as seconds,
              count(*)::float8 as samples
         from (
           select distinct id, step
             from generate_series(0, ${PLACES - 1}) as place
            cross join lateral (
              select id, timestamp - lag(timestamp) over (order by event_public_id, timestamp) as step
                from (
                  select d.id, d.event_public_id, d.timestamp from datapoints d
                   where ${only}
                     and (d.event_public_id, d.timestamp) >= ($1, to_timestamp($2::float8 + ($3::float8 - $2) * place / ${PLACES}))
                     and (d.event_public_id, d.timestamp) <= ($1, to_timestamp($3))
                     and ${belongs}
                   order by d.event_public_id, d.timestamp limit ${ROWS}
                ) as near
            ) as steps
            where step > '0'
         ) as sampled`,
        [publicId, from, to],
      );
      if (rows[0]?.seconds != null) {
        intervals.set(publicId, rows[0]);
      }
    }
    return intervals;
  });
}
