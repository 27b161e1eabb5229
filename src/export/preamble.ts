import type { ClientBase } from 'pg';
import { jsonText } from '../text/json.ts';
import type { Extent } from './extent.ts';
import { type ExportRequest, experimentsNamed } from './request.ts';
import { occurringEvents } from './shape/titled-events.ts';
import { hasZone, type TimeForm } from './time-text.ts';

/** What a file says about its data: a key and its value, on one line. Those of experiments and events are repeated. */
export type Preamble = readonly (readonly [key: string, value: string])[];

/** Returns what a file says about its data; empty if the form does not ask for it. What names may contain is in JSON. */
export async function preambleOf(
  client: ClientBase,
  { request, extent }: { request: ExportRequest; extent: Extent },
  { preamble, shape, time }: { preamble?: { program: string }; shape: object; time: TimeForm },
): Promise<Preamble> {
  if (preamble === undefined) {
    return [];
  }
  const experiments = await client.query<{ facts: object }>(
    `select json_build_object('name', x.name, 'public_id', x.public_id, 'owner', u.username,
                              'started_on', x.started_on, 'stopped_on', x.stopped_on) as facts
     from experiments x left join users u on u.public_id = x.user_public_id
     where x.public_id = any ($1) order by x.id`,
    [experimentsNamed(request)],
  );
  const events = await client.query<{ facts: object }>(
    `select json_build_object('name', name, 'public_id', public_id, 'unit', unit,
                              'min_value', min_value, 'max_value', max_value) as facts
     from events where public_id = any ($1) order by name collate "C", public_id`,
    [request.eventPublicIds ?? (await occurringEvents(client, request, extent)).map((event) => event.public_id)],
  );
  return [
    ['program', `webmacs ${preamble.program}`],
    ...experiments.rows.map(({ facts }) => ['experiment', jsonText(facts)] as const),
    ['from', request.from ?? ''],
    ['to', request.to ?? ''],
    ['rows', jsonText(shape)],
    ['times', `${time.format}, ${(hasZone(time) && time.timezone) || 'UTC'}`],
    ...events.rows.map(({ facts }) => ['event', jsonText(facts)] as const),
  ];
}

/** The same where keys cannot be repeated, and times have a type: `experiments` and `events` are lists in JSON. */
export function metadataOf(preamble: Preamble): Record<string, string> {
  const listed = (key: string) => `[${preamble.flatMap(([each, value]) => (each === key ? [value] : [])).join(', ')}]`;
  const single = preamble.filter(([key]) => !['experiment', 'event', 'times'].includes(key));
  return { ...Object.fromEntries(single), experiments: listed('experiment'), events: listed('event') };
}
