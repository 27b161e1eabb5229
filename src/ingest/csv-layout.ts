import { InvalidInputError } from '../errors.ts';
import { excerpt } from '../text/printable.ts';
import type { EventNames, NamedEvent } from './event-names.ts';

/** A column with the values of one event. */
export interface EventColumn {
  column: number;
  event: NamedEvent;
}

/** Which column of a file holds what, counted from 0. */
export type CsvLayout = { width: number; timestamp: number } & (
  | {
      kind: 'long';
      value: number;
      /** The event of all rows, or the columns that identify it: a known public id wins over the name. */
      event: { only: NamedEvent } | { publicId: number | undefined; name: number | undefined };
      datapointPublicId: number | undefined;
    }
  | { kind: 'wide'; events: EventColumn[] }
);

const LONG_COLUMNS = ['timestamp', 'event', 'event_name', 'event_public_id', 'value', 'unit', 'datapoint_public_id'];

const ACCEPTED = `Accepted headers:
  timestamp,event,value                     event: name or public id
  timestamp,value                           with --event EVENT
  timestamp,EVENT,EVENT,...                 one column per event
  timestamp,event_name,event_public_id,value,unit,datapoint_public_id   as exported`;

/**
 * Derives the layout of a file from its header.
 * @param only the event of all rows, for a file that does not name it
 * @throws InvalidInputError naming the unknown columns
 */
export function readCsvLayout(header: readonly string[], names: EventNames, only: NamedEvent | undefined): CsvLayout {
  refuseForeignText(header);
  const columns = header.map((column) => column.trim().toLowerCase());
  const at = (name: string) => {
    const index = columns.indexOf(name);
    return index < 0 ? undefined : index;
  };
  refuseDuplicates(columns);
  const [timestamp, value] = [at('timestamp'), at('value')];
  if (timestamp === undefined) {
    throw new InvalidInputError(
      `The first line is not a header with a "timestamp" column: ${excerpt(header.join(','))}.`,
      { hint: ACCEPTED },
    );
  }
  const width = columns.length;
  const [name, publicId] = [at('event_name') ?? at('event'), at('event_public_id')];
  const namesEvents = name !== undefined || publicId !== undefined;
  if (value !== undefined && (namesEvents || only)) {
    refuseUnknown(header, columns);
    if (only && namesEvents) {
      throw new InvalidInputError('The file already names the event of each row.', { hint: 'Omit --event.' });
    }
    const event = only ? { only } : { name, publicId };
    return { kind: 'long', width, timestamp, value, event, datapointPublicId: at('datapoint_public_id') };
  }
  if (only || width === 1) {
    throw new InvalidInputError('The file has no column "value".', { hint: ACCEPTED });
  }
  return { kind: 'wide', width, timestamp, events: eventColumns(header, timestamp, names) };
}

function refuseForeignText(header: readonly string[]): void {
  const text = header.join('');
  if (text.includes('\0')) {
    throw new InvalidInputError('The file contains NUL bytes: it is UTF-16 or not text.', {
      hint: 'Save it as "CSV UTF-8", or convert it: iconv -f UTF-16LE -t UTF-8 FILE.',
    });
  }
  if (text.includes('\r')) {
    throw new InvalidInputError('The lines of the file end in a bare carriage return.', {
      hint: "Convert it: tr '\\r' '\\n' < FILE.",
    });
  }
}

function refuseDuplicates(columns: readonly string[]): void {
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) {
    throw new InvalidInputError(
      twice === '' ? 'More than one column has no name.' : `The header has the column ${excerpt(twice)} twice.`,
      { hint: ACCEPTED },
    );
  }
  if (columns.includes('event') && columns.includes('event_name')) {
    throw new InvalidInputError('The header has both "event" and "event_name".', { hint: ACCEPTED });
  }
}

function refuseUnknown(header: readonly string[], columns: readonly string[]): void {
  const unknown = header.filter((_, index) => !LONG_COLUMNS.includes(columns[index] ?? ''));
  if (unknown.length > 0) {
    throw new InvalidInputError(`The header has unknown columns: ${unknown.map(excerpt).join(', ')}.`, {
      hint: ACCEPTED,
    });
  }
}

function eventColumns(header: readonly string[], timestamp: number, names: EventNames): EventColumn[] {
  const unknown: string[] = [];
  const seen = new Map<NamedEvent, string>();
  const events: EventColumn[] = [];
  for (const [column, title] of header.entries()) {
    const event = names.findIgnoringCase(title);
    if (column === timestamp) {
      continue;
    }
    if (!event) {
      unknown.push(describeUnknownEvent(title, names));
    } else if (seen.has(event)) {
      throw new InvalidInputError(
        `The columns ${excerpt(seen.get(event) ?? '')} and ${excerpt(title)} are the same event.`,
      );
    } else {
      seen.set(event, title);
      events.push({ column, event });
    }
  }
  if (unknown.length > 0) {
    throw new InvalidInputError(`The header has columns that are not events in this database: ${unknown.join(', ')}.`, {
      hint: `Create the events first ("webmacs events create NAME ..."), or correct the header.\n${ACCEPTED}`,
    });
  }
  return events;
}

/** Quotes an unknown event name, with the closest known one as a suggestion. */
export function describeUnknownEvent(given: string, names: EventNames): string {
  const nearest = names.nearest(given);
  return excerpt(given) + (nearest === undefined ? '' : ` (did you mean ${excerpt(nearest)}?)`);
}
