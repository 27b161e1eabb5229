import type { ClientBase } from 'pg';
import { withSettings } from '../database/session.ts';
import { isoTimestamp } from '../entities/types.ts';
import { extentOf } from '../export/extent.ts';
import { selection, timeOf } from '../export/query.ts';
import type { ExportRequest } from '../export/request.ts';
import { eventsInFile } from '../export/shape/titled-events.ts';
import { BY_INDEX } from './intervals.ts';
import type { SeriesEvent } from './model.ts';

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

type SpanRow = Omit<EventSpan, 'event'> & { public_id: string; name: string; unit: string } & {
  [limit in 'min_value' | 'max_value']: number;
};

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
  const nearest = (direction: 'asc' | 'desc', from: string, to: string) =>
    `(select d.timestamp from datapoints d
       where (d.event_public_id, d.timestamp) >= (e.public_id, ${from}::timestamptz)
         and (d.event_public_id, d.timestamp) <= (e.public_id, ${to}::timestamptz) and ${selection(others)}
       order by d.event_public_id ${direction}, d.timestamp ${direction} limit 1)`;
  const { first, last, beyond } = extent;
  const finite = [first, last].map((time) => (time === undefined ? null : timeOf(time)));
  const { rows } = await withSettings(client, BY_INDEX, async () =>
    client.query<SpanRow>(
      `select public_id, name, coalesce(unit, '') as unit, min_value, max_value, first::text, last::text,
              extract(epoch from ${nearest('asc', '$2', '$3')})::float8 as from,
              extract(epoch from ${nearest('desc', '$2', '$3')})::float8 as to
         from (
           select *, ${nearest('asc', '$4', '$5')} as first, ${nearest('desc', '$4', '$5')} as last
             from events e where public_id = any ($1)
         ) e
        order by first is null, name`,
      [events.map((event) => event.public_id), ...finite, ...(beyond ? ['-infinity', 'infinity'] : finite)],
    ),
  );
  const spans = rows.map(({ public_id: publicId, name, unit, min_value: minValue, max_value: maxValue, ...span }) => ({
    event: { publicId, name, unit, minValue, maxValue },
    ...{ ...span, first: span.first && isoTimestamp(span.first), last: span.last && isoTimestamp(span.last) },
  }));
  return { spans, rows: extent.rows };
}
