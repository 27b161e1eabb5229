import type { ClientBase } from 'pg';
import { rowsOfEvents } from '../database/distributed.ts';
import { withSettings } from '../database/session.ts';
import { isoTimestamp } from '../entities/types.ts';
import { extentOf } from '../export/extent.ts';
import { selection, timeOf } from '../export/query.ts';
import type { EventRow, ExportRequest } from '../export/request.ts';
import { eventsInFile } from '../export/shape/titled-events.ts';
import { BY_INDEX } from './intervals.ts';
import { type SeriesEvent, seriesEvent } from './model.ts';

/** In which time an event has datapoints. */
export interface EventSpan {
  event: SeriesEvent;
  /** As `isoTimestamp` returns them; null without a datapoint. */
  first: string | null;
  last: string | null;
  /** The first and the last finite time, in seconds since 1970; null without one. */
  from: number | null;
  to: number | null;
}

type SpanRow = Omit<EventSpan, 'event'> & EventRow;

/**
 * Returns in which time each event has datapoints, and about how many there are of all: by index, whatever their number. Those that
 * were asked for, or those that have datapoints: by name, those without datapoints last.
 * @throws NotFoundError for an unknown event
 */
export async function spansOf(
  client: ClientBase,
  request: ExportRequest,
): Promise<{ spans: EventSpan[]; rows: number }> {
  const extent = await extentOf(client, request);
  const events = await eventsInFile(client, request, extent);
  const { eventPublicIds: _, ...others } = request;
  // Compared by both columns of their index, so that no other one is used.
  const nearest = (only: string, direction: 'asc' | 'desc', from: string, to: string) =>
    `(select d.timestamp from datapoints d
       where ${only} and (d.event_public_id, d.timestamp) >= (e.public_id, ${from}::timestamptz)
         and (d.event_public_id, d.timestamp) <= (e.public_id, ${to}::timestamptz) and ${selection(others)}
       order by d.event_public_id ${direction}, d.timestamp ${direction} limit 1)`;
  const { first, last, beyond } = extent;
  const finite = [first, last].map((time) => (time === undefined ? null : timeOf(time)));
  const read = async (some: readonly EventRow[], only = 'true') => {
    const { rows } = await client.query<SpanRow>(
      `select public_id, name, unit, min_value, max_value, first::text, last::text,
              extract(epoch from ${nearest(only, 'asc', '$2', '$3')})::float8 as from,
              extract(epoch from ${nearest(only, 'desc', '$2', '$3')})::float8 as to
         from (
           select *, ${nearest(only, 'asc', '$4', '$5')} as first, ${nearest(only, 'desc', '$4', '$5')} as last
             from events e where public_id = any ($1)
         ) e
        order by first is null, name`,
      [some.map((event) => event.public_id), ...finite, ...(beyond ? ['-infinity', 'infinity'] : finite)],
    );
    return rows;
  };
  const rows = await withSettings(client, BY_INDEX, async () => await rowsOfEvents(client, events, read));
  rows.sort((one, other) => Number(one.first === null) - Number(other.first === null));
  const spans = rows.map(({ first: start, last: end, from, to, ...event }) => ({
    event: seriesEvent(event),
    ...{ first: start && isoTimestamp(start), last: end && isoTimestamp(end), from, to },
  }));
  return { spans, rows: extent.rows };
}
