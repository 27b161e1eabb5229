import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import type { EventNames, NamedEvent } from '../event-names.ts';
import type { CsvRecord } from '../records.ts';
import { columnRole } from './column-role.ts';
import { EVENT_NAMES, EXPERIMENT_NAMES, normalized, VALUE_NAMES } from './known-names.ts';
import type { Mapping } from './mapping.ts';
import { columnNamed, firstNamed, listedTitles } from './named-columns.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { EventColumn, IgnoredColumn, Layout } from './reading-plan.ts';
import type { Table } from './table.ts';
import { timeColumns } from './time-columns.ts';
import type { Title } from './title.ts';

/** The columns that a file of rejected lines has at the end. */
export const REJECTION_COLUMNS = ['rejected_line', 'rejected_column', 'rejected_reason'];

/** The simplest headers. */
export const ACCEPTED = `Headers that need no options:
  timestamp,event,value                     event: name or public id
  timestamp,value                           with --event EVENT
  timestamp,EVENT,EVENT,...                 one column per event
  timestamp,event_name,event_public_id,value,unit,datapoint_public_id   as exported`;

/** What the columns of a file hold. */
export interface Columns {
  layout: Layout;
  ignored: readonly IgnoredColumn[];
  unknown: readonly { column: number; title: Title }[];
}

/** A file whose columns are to be understood. */
export interface Header {
  table: Table;
  titles: readonly Title[];
  names: EventNames;
  mapping: Mapping;
  options: ReadingOptions;
  /** The event of all rows, for a file that does not name it. */
  only: NamedEvent | undefined;
}

/** @throws InvalidInputError if the columns of time or value are not there, or if more than one may be meant */
export function readColumns(header: Header): Columns {
  const { titles } = header;
  const width = titles.findLastIndex(({ text }) => text !== '') + 1;
  if (header.table.kinds.slice(titles.length).some((kind) => kind !== 'missing')) {
    throw new InvalidInputError(
      `The rows have ${header.table.kinds.length} columns, but the header, line ${header.table.header.line}, has ${titles.length}.`,
      { hint: 'Pass the whole header with --header, and the line of this one with --header-line.' },
    );
  }
  const time = timeColumns(header, ACCEPTED);
  const value = valueColumn(header, time);
  const event = eventColumns(header, time);
  const found =
    value !== undefined && (event || header.only)
      ? longColumns(header, { width, time, value, event })
      : wideColumns(header, { width, time });
  if (found.layout.kind === 'wide') {
    refuseEventsInRows(header, event);
  }
  if (header.only && found.layout.kind === 'wide') {
    throw new InvalidInputError('The file has no column "value".', {
      hint: `Choose the column with the values of ${excerpt(header.only.name)} with --value-column.\nColumns: ${listedTitles(titles)}.`,
    });
  }
  return found;
}

function valueColumn({ table, titles, options, only }: Header, time: readonly number[]): number | undefined {
  if (options.valueColumn !== undefined) {
    return columnNamed(titles, options.valueColumn, '--value-column');
  }
  const known = firstNamed(titles, VALUE_NAMES, (column) => !time.includes(column));
  if (known !== undefined || !only) {
    return known;
  }
  const others = [...titles.keys()].filter(
    (column) =>
      !time.includes(column) && table.kinds[column] === 'number' && columnRole(table, titles, column) === undefined,
  );
  return others.length === 1 ? others[0] : undefined;
}

/** @throws InvalidInputError if rows name events, so that one column cannot be one event */
function refuseEventsInRows({ table, titles, names, mapping }: Header, event: EventIdentity | undefined): void {
  const column = event?.name ?? event?.publicId;
  const { text = '', name = '' } = titles[column ?? -1] ?? {};
  const isEvent = ({ fields }: CsvRecord) => names.findIgnoringCase(fields[column ?? -1] ?? '') !== undefined;
  if (column !== undefined && !mapping.excludes(text, name) && table.rows.some(isEvent)) {
    throw new InvalidInputError(
      `The rows name events in column ${excerpt(text)}, but no column is known to hold the values.`,
      {
        hint: `Choose it with --value-column, or leave ${excerpt(text)} out with --ignore.\nColumns: ${listedTitles(titles)}.`,
      },
    );
  }
}

interface EventIdentity {
  publicId: number | undefined;
  name: number | undefined;
}

function eventColumns({ table, titles, options, only }: Header, time: readonly number[]): EventIdentity | undefined {
  if (options.eventColumn !== undefined) {
    return { publicId: undefined, name: columnNamed(titles, options.eventColumn, '--event-column') };
  }
  const publicId = firstNamed(titles, ['event public id'], () => true);
  const own = firstNamed(titles, ['event name', 'event'], () => true);
  const foreign = only
    ? undefined
    : firstNamed(titles, EVENT_NAMES, (column) => table.kinds[column] === 'text' && !time.includes(column));
  const name = own ?? foreign;
  return publicId === undefined && name === undefined ? undefined : { publicId, name };
}

function longColumns(
  { table, titles, names, mapping, options, only }: Header,
  { width, time, value, event }: { width: number; time: number[]; value: number; event: EventIdentity | undefined },
): Columns {
  if (only && event) {
    throw new InvalidInputError('The file already names the event of each row.', { hint: 'Omit --event.' });
  }
  const datapointPublicId = firstNamed(titles, ['datapoint public id'], () => true);
  const unit = firstNamed(titles, ['unit'], () => true);
  const identity = only ? { only } : (event ?? { publicId: undefined, name: undefined });
  const used = [...time, value, event?.name, event?.publicId, datapointPublicId];
  const others = [...titles.entries()].filter(([column]) => column < width && !used.includes(column));
  const ignored = others.map(([column, title]): IgnoredColumn => {
    const unused = EXPERIMENT_NAMES.includes(normalized(title.name)) ? '--experiment decides' : 'not named';
    const why = mapping.excludes(title.text, title.name) ? 'option' : column === unit ? 'not needed' : unused;
    return { column, title: title.text, why: isRejection(title) ? 'rejection' : why };
  });
  const numbers = ignored.filter(({ column, why }) => why === 'not named' && table.kinds[column] === 'number');
  const another = numbers.find(({ column }) => VALUE_NAMES.includes(normalized(titles[column]?.name ?? '')));
  if (another && options.valueColumn === undefined) {
    const both = [titles[value]?.text ?? '', another.title].map(excerpt).join(' and ');
    throw new InvalidInputError(`More than one column may hold the values: ${both}.`, {
      hint: `Choose one with --value-column, or leave ${excerpt(another.title)} out with --ignore.`,
    });
  }
  const isGiven = only !== undefined || options.valueColumn !== undefined || options.eventColumn !== undefined;
  const doubtful = isGiven ? undefined : numbers.find(({ title }) => names.findIgnoringCase(title));
  if (doubtful) {
    const value_ = excerpt(titles[value]?.text ?? '');
    throw new InvalidInputError(`The column ${excerpt(doubtful.title)} is an event, but the values are in ${value_}.`, {
      hint: `Leave it out with --ignore ${excerpt(doubtful.title)}, or leave out ${value_} to import a column per event.`,
    });
  }
  const least = leastWidth(table, width, used);
  return {
    layout: { kind: 'long', width, least, time, value, event: identity, datapointPublicId, unit },
    ignored,
    unknown: [],
  };
}

function wideColumns(header: Header, { width, time }: { width: number; time: number[] }): Columns {
  const { table, titles, names, mapping } = header;
  const events: EventColumn[] = [];
  const ignored: IgnoredColumn[] = [];
  const unknown: { column: number; title: Title }[] = [];
  const seen = new Map<NamedEvent, string>();
  for (const [column, title] of titles.entries()) {
    if (time.includes(column) || column >= width) {
      continue;
    }
    const mapped = mapping.eventOf(title.text) ?? mapping.eventOf(title.name);
    const event = mapping.excludes(title.text, title.name) ? undefined : (mapped ?? names.findColumn(title));
    const why =
      event || (table.rows.length === 0 && title.text !== '') ? undefined : reasonToIgnore(header, title, column);
    if (event) {
      const other = seen.get(event);
      if (other !== undefined) {
        throw new InvalidInputError(`The columns ${excerpt(other)} and ${excerpt(title.text)} are the same event.`, {
          hint: 'Leave one out with --ignore, or map it to another event with --map.',
        });
      }
      seen.set(event, title.text);
      events.push({ column, event });
    } else if (why) {
      ignored.push({ column, title: title.text, why });
    } else {
      unknown.push({ column, title });
    }
  }
  const least = leastWidth(table, width, [...time, ...events.map(({ column }) => column)]);
  return { layout: { kind: 'wide', width, least, time, events }, ignored, unknown };
}

/** Rows end before the last columns, if most do, and nothing in these columns is imported. */
function leastWidth({ delimiter, kinds }: Table, width: number, used: readonly (number | undefined)[]): number {
  // A title with a blank in it makes two.
  return delimiter !== ' ' && used.every((column = 0) => column < kinds.length) ? Math.min(width, kinds.length) : width;
}

function reasonToIgnore(
  { table, titles, mapping }: Header,
  title: Title,
  column: number,
): IgnoredColumn['why'] | undefined {
  const kind = table.kinds[column] ?? 'missing';
  if (isRejection(title)) {
    return 'rejection';
  }
  if (mapping.excludes(title.text, title.name)) {
    return 'option';
  }
  if (kind !== 'number') {
    return kind === 'missing' ? 'empty' : kind;
  }
  return columnRole(table, titles, column);
}

function isRejection(title: Title | undefined): boolean {
  return REJECTION_COLUMNS.includes(title?.text ?? '');
}
