import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { AmbiguousFileError } from './ambiguous.ts';
import { isMissing } from './cell.ts';
import { CLOCK_NAMES, DATE_NAMES, normalized, TIME_NAMES } from './known-names.ts';
import { columnNamed, firstNamed } from './named-columns.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { Table } from './table.ts';
import type { Title } from './title.ts';

/** What most cells of a column hold. */
type Part = 'instant' | 'date' | 'clock';

const CLOCK = /^\d{1,2}:\d\d(?::\d\d)?(?:[.,:]\d+)?(?: ?[ap](?:\.? ?m\.?)?)?$/i;
const UNIX = /^\d{10}(?:\d{3}|\d{6}|\d{9})?(?:[.,]\d+)?$/;
const COMPACT_DATE = /^(?:19|20)\d{6}$/;

interface Searched {
  table: Table;
  titles: readonly Title[];
  options: ReadingOptions;
}

/**
 * Returns the columns that hold the time: one, or one with the date and one with the time of day.
 * @param accepted the simplest headers, for a hint
 * @throws InvalidInputError if there is none; AmbiguousFileError if several may
 */
export function timeColumns({ table, titles, options }: Searched, accepted: string): number[] {
  if (options.timeColumns && options.timeColumns.length > 0) {
    return options.timeColumns.map((name) => columnNamed(titles, name, '--time-column'));
  }
  const parts = titles.map((_title, column) => partIn(table, column));
  const known = knownColumn(table, titles, parts);
  const candidates = [...parts.keys()].filter((column) => table.kinds[column] === 'time');
  const [only, another] = candidates;
  const chosen = known ?? only;
  if (chosen === undefined) {
    throw new InvalidInputError(`No column of the header is known to hold the time: ${excerpt(table.header.text)}.`, {
      hint: `Choose it with --time-column.\n${accepted}`,
    });
  }
  const date = parts[chosen] === 'date' ? chosen : firstNamed(titles, DATE_NAMES, (column) => parts[column] === 'date');
  const clock =
    parts[chosen] === 'clock' ? chosen : firstNamed(titles, CLOCK_NAMES, (column) => parts[column] === 'clock');
  if (parts[chosen] !== 'instant' && date !== undefined && clock !== undefined) {
    return [date, clock];
  }
  const rest = restOfTime(table, titles, parts, chosen);
  if (rest.length > 0) {
    throw ambiguous(table, titles, [chosen, ...rest]);
  }
  if (known === undefined && another !== undefined) {
    throw ambiguous(table, titles, candidates);
  }
  return [chosen];
}

function partIn({ rows, kinds }: Table, column: number): Part | undefined {
  const cells = rows.map(({ fields }) => fields[column]?.trim() ?? '').filter((cell) => !isMissing(cell));
  const most = (test: (cell: string) => boolean) => cells.filter(test).length * 2 > cells.length;
  if (kinds[column] === 'time') {
    const isDate = (cell: string) => !/:|\dT\d/.test(cell);
    return most((cell) => CLOCK.test(cell)) ? 'clock' : most(isDate) ? 'date' : 'instant';
  }
  return most((cell) => UNIX.test(cell)) ? 'instant' : most((cell) => COMPACT_DATE.test(cell)) ? 'date' : undefined;
}

function knownColumn({ kinds }: Table, titles: readonly Title[], parts: readonly (Part | undefined)[]) {
  return (
    firstNamed(titles, TIME_NAMES, (column) => parts[column] === 'instant') ??
    firstNamed(titles, TIME_NAMES, (column) => parts[column] !== undefined) ??
    firstNamed(titles, TIME_NAMES, (column) => kinds[column] !== 'text') ??
    firstNamed(titles, TIME_NAMES, () => true)
  );
}

/** The columns that may hold the time of day to a date, or the date to a time of day: without it, all rows would be at midnight. */
function restOfTime(
  { kinds }: Table,
  titles: readonly Title[],
  parts: readonly (Part | undefined)[],
  chosen: number,
): number[] {
  const [part, missing] = [parts[chosen], parts[chosen] === 'date' ? 'clock' : 'date'];
  if (part === undefined || part === 'instant') {
    return [];
  }
  const isNamed = (column: number) =>
    part === 'date' &&
    parts[column] !== 'date' &&
    kinds[column] !== 'missing' &&
    CLOCK_NAMES.includes(normalized(titles[column]?.name ?? ''));
  return [...titles.keys()].filter((column) => column !== chosen && (parts[column] === missing || isNamed(column)));
}

function ambiguous({ rows }: Table, titles: readonly Title[], candidates: readonly number[]): AmbiguousFileError {
  const choices = candidates.map((column) => {
    const title = titles[column]?.text ?? '';
    return { value: title, label: `such as ${excerpt(rows[0]?.fields[column] ?? '')}` };
  });
  const remark = ' Pass it twice if one column holds the date and another the time of day.';
  return new AmbiguousFileError(
    'More than one column may hold the time',
    'timeColumns',
    '--time-column',
    choices,
    remark,
  );
}
