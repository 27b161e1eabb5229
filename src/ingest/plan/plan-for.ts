import { InvalidInputError } from '../../errors.ts';
import { eventTitle } from '../../text/event-title.ts';
import { excerpt } from '../../text/printable.ts';
import { describeUnknownEvent, type EventNames, type NamedEvent } from '../event-names.ts';
import { unguarded } from '../unguarded.ts';
import { isMissing } from './cell.ts';
import { ACCEPTED, type Columns, readColumns } from './columns.ts';
import { type CreateEvent, Mapping } from './mapping.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { ReadingPlan } from './reading-plan.ts';
import { refuseSeveralSources } from './sources-in-file.ts';
import { findTable, type Table } from './table.ts';
import { timeRules } from './time-rules.ts';
import { newName, readTitle, type Title } from './title.ts';
import { otherUnits } from './units.ts';
import { decimalOf, valueRules } from './values.ts';

/** What a plan refers to besides the file. */
export interface PlanContext {
  names: EventNames;
  /** The event of all rows, for a file that does not name it. */
  only: NamedEvent | undefined;
  /** Makes an event that does not exist; without it, unknown events are refused. */
  create: CreateEvent | undefined;
}

/**
 * Decides how a file is read, from its first part: the options prevail over what is found.
 * @param sample whole lines
 * @throws InvalidInputError if the file leaves more than one answer, or if an option does not fit it
 */
export function planFor(sample: string, options: ReadingOptions, { names, only, create }: PlanContext): ReadingPlan {
  refuseForeignText(sample);
  const table = findTable(sample, options);
  if (table.header.text.includes('\0')) {
    throw new InvalidInputError('The file contains NUL bytes: it is UTF-16 or not text.', {
      hint: 'Save it as "CSV UTF-8", or convert it: iconv -f UTF-16LE -t UTF-8 FILE.',
    });
  }
  if (table.header.problem !== undefined) {
    throw new InvalidInputError(`Line ${table.header.line}, the header: ${table.header.problem}.`);
  }
  const titles = table.header.fields.map((title, column) => readTitle(title, unitBelow(table, column)));
  const columns = new Map(titles.map((title) => [title.text, title]));
  const mapping = new Mapping(options, names, columns, create);
  const found = withCreated(readColumns({ table, titles, names, mapping, options, only }), create);
  if (found.layout.kind === 'wide') {
    refuseUnusedMapping(mapping, titles);
    refuseNoEvents(found, create);
  }
  refuseTwice(titles, found);
  refuseSeveralSources(table, found, mapping);
  const time = timeRules(table, titles, found.layout.time, options);
  const values = valueRules(
    options,
    { decimal: decimalOf(valueCells(table, found)), keepNan: isExport(table, titles, found) },
    {
      layout: found.layout.kind,
      names: [...titles.flatMap(({ text, name }) => [text, name]), ...names.all.map(({ name }) => name)],
    },
  );
  return { table, titles, mapping, ...found, values, time, units: otherUnits(table, titles, found, names) };
}

function refuseForeignText(sample: string): void {
  if (/^[^\n]*\r[^\n]/.test(sample)) {
    throw new InvalidInputError('The lines of the file end in a bare carriage return.', {
      hint: "Convert it: tr '\\r' '\\n' < FILE.",
    });
  }
}

/** The cell below a title in the rows of units and types: the first that can be a unit. */
function unitBelow(table: Table, column: number): string | undefined {
  const [first] = table.below;
  const unit = first?.fields[column]?.trim();
  return unit === undefined || isMissing(unit) ? undefined : unit;
}

function withCreated(found: Columns, create: PlanContext['create']): Columns {
  if (!create || found.layout.kind !== 'wide') {
    return found;
  }
  const unknown = found.unknown.map(({ title }) => title);
  const created = found.unknown
    .filter(({ title }) => title.name !== '')
    .map(({ column, title }) => ({ column, event: create(newName(title, unknown), title.unit) }));
  const events = [...found.layout.events, ...created].sort((a, b) => a.column - b.column);
  return {
    ...found,
    layout: { ...found.layout, events },
    unknown: found.unknown.filter(({ title }) => title.name === ''),
  };
}

function refuseUnusedMapping(mapping: Mapping, titles: readonly Title[]): void {
  const [unused] = mapping.unused;
  if (unused !== undefined) {
    throw new InvalidInputError(`--map: the file has no column ${excerpt(unused)} with values.`, {
      hint: `Columns: ${titles.map(({ text }) => excerpt(text)).join(', ')}.`,
    });
  }
}

function refuseNoEvents({ layout, unknown, ignored }: Columns, create: PlanContext['create']): void {
  const isLate = create !== undefined && ignored.some(({ title, why }) => why === 'empty' && title !== '');
  if (layout.kind === 'wide' && layout.events.length === 0 && unknown.length === 0 && !isLate) {
    const reasons = ignored.map(({ title, why }) => `${excerpt(title)} (${why})`).join(', ');
    throw new InvalidInputError(
      `The file has no column "value", and no column with the values of an event${reasons && `: ${reasons}`}.`,
      { hint: ACCEPTED },
    );
  }
}

/** Two columns of one title cannot be told apart by name. */
function refuseTwice(titles: readonly Title[], { ignored }: Columns): void {
  const columns = Map.groupBy(titles.keys(), (column) => titles[column]?.text.toLowerCase() ?? '');
  const isIgnored = new Set(ignored.map(({ column }) => column));
  const twice = titles.find(
    ({ text }, column) => text !== '' && !isIgnored.has(column) && (columns.get(text.toLowerCase())?.length ?? 0) > 1,
  );
  if (twice) {
    throw new InvalidInputError(`The header has the column ${excerpt(twice.text)} twice.`, {
      hint: 'Pass a header with other titles with --header, and the line of this one with --header-line.',
    });
  }
}

function* valueCells(table: Table, { layout }: Columns): Generator<string> {
  const columns = layout.kind === 'long' ? [layout.value] : layout.events.map(({ column }) => column);
  for (const { fields } of table.rows) {
    for (const column of columns) {
      yield fields[column] ?? '';
    }
  }
}

/** A time as an export has it. */
const ZONED = /^\d{4,6}-.*(?:Z|[+-]\d\d(?::?\d\d(?::\d\d)?)?(?: BC)?)$|^-?infinity$/;

/** Whether a file has the form of an export, of this program or of the server, in which NaN is a value. */
function isExport({ rows }: Table, titles: readonly Title[], { layout }: Columns): boolean {
  const [time] = layout.time;
  const zoned = rows.every(({ fields }) => ZONED.test(fields[time ?? 0] ?? ''));
  // Its times may be numbers, or local.
  const hasIds = titles.some(({ text }) => text === 'event_public_id');
  if (time === undefined || titles[time]?.text !== 'timestamp' || !(zoned || hasIds)) {
    return false;
  }
  return layout.kind === 'long'
    ? titles[layout.value]?.text === 'value'
    : layout.events.every(({ column, event }) =>
        [event.name, eventTitle(event), event.publicId].some((title) =>
          [titles[column]?.text, unguarded(titles[column]?.text ?? '')].includes(title.trim()),
        ),
      );
}

/** @throws InvalidInputError listing the columns with numbers that are no known events */
export function refuseUnknown({ unknown }: ReadingPlan, names: EventNames): void {
  if (unknown.length > 0) {
    const list = unknown.map(({ title }) => describeUnknownEvent(title.text, names)).join(', ');
    throw new InvalidInputError(`The header has columns that are not events in this database: ${list}.`, {
      hint:
        'Create them with --create-events, name the events with --map "COLUMN=EVENT", or leave the columns out with --ignore. ' +
        '"webmacs events list" shows the events.',
    });
  }
}
