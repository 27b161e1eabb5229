import type { ClientBase } from 'pg';
import { distributionOf } from '../../database/distributed.ts';
import { alike, eventTitle } from '../../text/event-title.ts';
import type { Extent } from '../extent.ts';
import { selection, timeOf } from '../query.ts';
import { type EventRow, type ExportRequest, eventsOf } from '../request.ts';

/** How the column of an event is titled: by its name, by name and unit, or by its public id. */
export const HEADER_STYLES = ['name-unit', 'name', 'id'] as const;
export type HeaderStyle = (typeof HEADER_STYLES)[number];

export const TIME_TITLE = 'timestamp';

/** An event that has a column. */
export interface TitledEvent extends EventRow {
  title: string;
}

/**
 * Returns the events that get a column: those of the request, in its order, with or without data; if it names none, those that have
 * data, by name. A title that is also the name or title of another event, or of the time, is replaced by the public id.
 * @throws NotFoundError for an unknown event
 */
export async function titledEvents(
  client: ClientBase,
  request: ExportRequest,
  extent: Extent,
  style: HeaderStyle,
): Promise<TitledEvent[]> {
  const { eventPublicIds: _, ...rest } = request;
  const all = await eventsOf(client, rest);
  const events = await eventsInFile(client, request, extent);
  const used = new Map([[TIME_TITLE, 1]]);
  const titleOf = (event: EventRow) => (style === 'name-unit' ? eventTitle(event) : event.name);
  for (const event of all) {
    for (const text of new Set([event.name, titleOf(event)].map(alike))) {
      used.set(text, (used.get(text) ?? 0) + 1);
    }
  }
  return events.map((event) => {
    const title = titleOf(event);
    return { ...event, title: style === 'id' || used.get(alike(title)) !== 1 ? event.public_id : title };
  });
}

/** Returns the events of the request, in its order, or if it names none those that have data, by name. */
export async function eventsInFile(client: ClientBase, request: ExportRequest, extent: Extent): Promise<EventRow[]> {
  const { eventPublicIds } = request;
  return eventPublicIds === undefined
    ? await occurringEvents(client, request, extent)
    : inOrder(await eventsOf(client, request), eventPublicIds);
}

function inOrder(events: readonly EventRow[], publicIds: readonly string[]): EventRow[] {
  const byPublicId = new Map(events.map((event) => [event.public_id, event]));
  return [...new Set(publicIds)].map((publicId) => byPublicId.get(publicId)).filter((event) => event !== undefined);
}

/**
 * Finds the events that have data by the first and the last datapoint of each in that time. An event for which both are of another
 * experiment is looked for in the datapoints themselves.
 */
export async function occurringEvents(client: ClientBase, request: ExportRequest, extent: Extent): Promise<EventRow[]> {
  const { first, last, beyond } = extent;
  const isKnown = !beyond && first !== undefined && last !== undefined;
  const [from, to] = isKnown ? [timeOf(first), timeOf(last)] : ['-infinity', 'infinity'];
  // Compared by both columns of their index, so that no other one is used.
  const nearest = (comparison: '>=' | '<=', bound: '$1' | '$2', direction: 'asc' | 'desc') =>
    `(select * from datapoints d where (d.event_public_id, d.timestamp) ${comparison} (e.public_id, ${bound}::timestamptz)
       order by d.event_public_id ${direction}, d.timestamp ${direction} limit 1) d
     where d.event_public_id = e.public_id and d.timestamp between $1::timestamptz and $2::timestamptz`;
  const [firstOne, lastOne] = [nearest('>=', '$1', 'asc'), nearest('<=', '$2', 'desc')];
  // Several servers cannot look for the datapoints of each event.
  const isDistributed = (await distributionOf(client, 'datapoints')) !== undefined;
  const { rows } = await client.query<EventRow & { occurs: boolean | null }>(
    `select public_id, name, unit, min_value, max_value, ${
      isDistributed
        ? 'null'
        : `case when not exists (select from ${firstOne}) then false
                when exists (select from ${firstOne} and ${selection(request)}) then true
                when exists (select from ${lastOne} and ${selection(request)}) then true end`
    } as occurs
     from events e order by name collate "C", public_id`,
    isDistributed ? [] : [from, to],
  );
  const doubtful = rows.filter(({ occurs }) => occurs === null).map((event) => event.public_id);
  const found = new Set(doubtful.length > 0 ? await searched(client, { ...request, eventPublicIds: doubtful }) : []);
  return rows.filter(({ occurs, public_id }) => occurs ?? found.has(public_id));
}

async function searched(client: ClientBase, request: ExportRequest): Promise<string[]> {
  const { rows } = await client.query<{ event: string }>(
    `select distinct d.event_public_id as event from datapoints d where ${selection(request)}`,
  );
  return rows.map(({ event }) => event);
}
