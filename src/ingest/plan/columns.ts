import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import type { EventNames, NamedEvent } from '../event-names.ts';
import { AmbiguousFileError } from './ambiguous.ts';
import { isMissing } from './cell.ts';
import {
  CLOCK_NAMES,
  COUNTER_NAMES,
  DATE_NAMES,
  EVENT_NAMES,
  FLAG_NAMES,
  normalized,
  TIME_NAMES,
  VALUE_NAMES,
} from './known-names.ts';
import type { Mapping } from './mapping.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { EventColumn, IgnoredColumn, Layout } from './reading-plan.ts';
import type { Table } from './table.ts';
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
  const time = timeColumns(header);
  const value = valueColumn(header, time);
  const event = eventColumns(header, time);
  const found =
    value !== undefined && (event || header.only)
      ? longColumns(header, { width, time, value, event })
      : wideColumns(header, { width, time });
  if (header.only && found.layout.kind === 'wide') {
    throw new InvalidInputError('The file has no column "value".', {
      hint: `Choose the column with the values of ${excerpt(header.only.name)} with --value-column.\nColumns: ${listed(titles)}.`,
    });
  }
  return found;
}

function timeColumns({ table, titles, options }: Header): number[] {
  if (options.timeColumns && options.timeColumns.length > 0) {
    return options.timeColumns.map((name) => columnNamed(titles, name, '--time-column'));
  }
  const cells = (column: number) =>
    table.rows.map(({ fields }) => fields[column]?.trim() ?? '').filter((cell) => !isMissing(cell));
  const date = firstNamed(titles, DATE_NAMES, (column) => cells(column).every((cell) => !cell.includes(':')));
  const clock = firstNamed(titles, CLOCK_NAMES, (column) => {
    const clocks = cells(column);
    return clocks.length > 0 && clocks.every((cell) => /^\d{1,2}:\d\d/.test(cell));
  });
  if (date !== undefined && clock !== undefined) {
    return [date, clock];
  }
  const usable = (column: number) => ['time', 'number', 'missing'].includes(table.kinds[column] ?? 'missing');
  const isTime = (column: number) => table.kinds[column] === 'time';
  const known =
    firstNamed(titles, TIME_NAMES, isTime) ??
    firstNamed(titles, TIME_NAMES, usable) ??
    firstNamed(titles, TIME_NAMES, () => true);
  if (known !== undefined) {
    return [known];
  }
  const candidates = [...table.kinds.keys()].filter(isTime);
  const [only, another] = candidates;
  if (only !== undefined && another !== undefined) {
    const choices = candidates.map((column) => {
      const title = titles[column]?.text ?? '';
      return { value: title, label: `such as ${excerpt(table.rows[0]?.fields[column] ?? '')}` };
    });
    const remark = ' Pass it twice if one column holds the date and another the time of day.';
    throw new AmbiguousFileError(
      'More than one column may hold the time',
      'timeColumns',
      '--time-column',
      choices,
      remark,
    );
  }
  if (only === undefined) {
    throw new InvalidInputError(`No column of the header is known to hold the time: ${excerpt(table.header.text)}.`, {
      hint: `Choose it with --time-column.\n${ACCEPTED}`,
    });
  }
  return [only];
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
    (column) => !time.includes(column) && table.kinds[column] === 'number' && !isCounter(titles[column]),
  );
  return others.length === 1 ? others[0] : undefined;
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
  { titles, only }: Header,
  { width, time, value, event }: { width: number; time: number[]; value: number; event: EventIdentity | undefined },
): Columns {
  if (only && event) {
    throw new InvalidInputError('The file already names the event of each row.', { hint: 'Omit --event.' });
  }
  const datapointPublicId = firstNamed(titles, ['datapoint public id'], () => true);
  const unit = firstNamed(titles, ['unit'], () => true);
  const identity = only ? { only } : (event ?? { publicId: undefined, name: undefined });
  const used = [...time, value, event?.name, event?.publicId, datapointPublicId];
  const ignored = [...titles.keys()]
    .filter((column) => column < width && !used.includes(column))
    .map((column) => ({
      column,
      title: titles[column]?.text ?? '',
      why: isRejection(titles[column])
        ? ('rejection' as const)
        : column === unit
          ? ('not needed' as const)
          : ('not named' as const),
    }));
  return {
    layout: { kind: 'long', width, time, value, event: identity, datapointPublicId, unit },
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
    const mapped = mapping.eventOf(title.text);
    const event = mapping.excludes(title.text, title.name)
      ? undefined
      : (mapped ?? names.findIgnoringCase(title.text) ?? names.findIgnoringCase(title.name));
    const why =
      event || (table.rows.length === 0 && title.text !== '')
        ? undefined
        : reasonToIgnore(title, table.kinds[column] ?? 'missing', mapping);
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
  return { layout: { kind: 'wide', width, time, events }, ignored, unknown };
}

function reasonToIgnore(
  title: Title,
  kind: Table['kinds'][number],
  mapping: Mapping,
): IgnoredColumn['why'] | undefined {
  if (isRejection(title)) {
    return 'rejection';
  }
  if (mapping.excludes(title.text, title.name)) {
    return 'option';
  }
  if (kind === 'missing') {
    return 'empty';
  }
  if (kind !== 'number') {
    return 'text';
  }
  if (isCounter(title)) {
    return 'record number';
  }
  return FLAG_NAMES.includes(normalized(title.name)) ? 'flag' : undefined;
}

function isRejection(title: Title | undefined): boolean {
  return REJECTION_COLUMNS.includes(title?.text ?? '');
}

function isCounter(title: Title | undefined): boolean {
  return COUNTER_NAMES.includes(normalized(title?.name ?? ''));
}

/** Returns the first column with the earliest of the names for which `fits` holds. */
function firstNamed(
  titles: readonly Title[],
  wanted: readonly string[],
  fits: (column: number) => boolean,
): number | undefined {
  const found = titles.map((title) => [normalized(title.text), normalized(title.name)]);
  for (const name of wanted) {
    const column = found.findIndex((own, index) => own.includes(name) && fits(index));
    if (column >= 0) {
      return column;
    }
  }
  return undefined;
}

/** @throws InvalidInputError unless exactly one column has this title, or this name without its unit */
function columnNamed(titles: readonly Title[], given: string, option: string): number {
  const rules: ((title: Title) => boolean)[] = [
    ({ text }) => text === given,
    ({ text }) => text.toLowerCase() === given.trim().toLowerCase(),
    ({ name }) => normalized(name) === normalized(given),
  ];
  for (const rule of rules) {
    const [only, another] = [...titles.keys()].filter((column) =>
      rule(titles[column] ?? { text: '', name: '', unit: undefined, offset: undefined }),
    );
    if (only !== undefined && another === undefined) {
      return only;
    }
  }
  throw new InvalidInputError(`${option}: there is no column ${excerpt(given)}, or more than one.`, {
    hint: `Columns: ${listed(titles)}.`,
  });
}

function listed(titles: readonly Title[]): string {
  return titles.map(({ text }) => excerpt(text)).join(', ');
}
