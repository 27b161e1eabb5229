import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { type CsvRecord, readRecords } from '../records.ts';
import { TimeFormatGuess } from '../time/format-guess.ts';
import { type TimeFormat, timeFormat } from '../time/time-format.ts';
import { AmbiguousFileError } from './ambiguous.ts';
import type { ReadingOptions } from './reading-options.ts';
import type { Table } from './table.ts';
import type { Title } from './title.ts';

const DURATION = /^(?:m?s|sec(?:onds?)?|min(?:utes?)?|h|hours?)$/i;

/** How the times of a file are read. */
export interface TimeRules {
  format: TimeFormat;
  /** The times so far, if they leave several formats: then the whole file decides. */
  unsettled: TimeFormatGuess | undefined;
  /** The time zone of times without an offset, as the options or the header state it. */
  timezone: string | undefined;
  /** What states it. */
  timezoneFrom: 'options' | 'header' | 'default' | undefined;
}

/** Returns the text of the time of a row: several columns are joined with a blank. */
export function timeText(fields: readonly string[], columns: readonly number[]): string {
  const [only = 0] = columns;
  return columns.length === 1 ? (fields[only] ?? '') : columns.map((column) => fields[column]?.trim() ?? '').join(' ');
}

/** Whether a line by itself has a time where rows have it. */
export function isRow(line: string, delimiter: string, columns: readonly number[], format: TimeFormat): boolean {
  const fields = line.split(delimiter === ' ' ? /[ \t]+/ : delimiter);
  const text = timeText(fields, columns).replaceAll('"', '').trim();
  return text !== '' && format.parse(text) !== undefined;
}

/** @throws InvalidInputError for numbers of which the file does not say what they count */
export function timeRules(
  { rows }: Table,
  titles: readonly Title[],
  columns: readonly number[],
  options: ReadingOptions,
): TimeRules {
  const zone = timezoneOf(titles, columns, options);
  if (options.timeFormat !== undefined) {
    return { format: timeFormat(options.timeFormat), unsettled: undefined, ...zone };
  }
  const guess = new TimeFormatGuess();
  for (const { fields } of rows) {
    guess.add(timeText(fields, columns));
  }
  // A duration in seconds may look like the days of a spreadsheet.
  const isDuration = columns.some((column) => DURATION.test(titles[column]?.unit ?? ''));
  const [format] = guess.formats.filter(({ name }) => !isDuration || name !== 'excel');
  if (!format && guess.elapsed) {
    const [first] = rows;
    const sample = excerpt(timeText(first?.fields ?? [], columns));
    throw new InvalidInputError(`The times, such as ${sample}, are numbers in an unknown unit.`, {
      hint: 'Pass --time-format: unix_ms, or excel, or elapsed with --start, such as --start 2026-01-31T13:45:00+01:00.',
    });
  }
  return {
    format: format ?? timeFormat('iso'),
    unsettled: format && guess.possible.length > 1 ? guess : undefined,
    ...zone,
  };
}

function timezoneOf(
  titles: readonly Title[],
  columns: readonly number[],
  { timezone, defaultTimezone }: ReadingOptions,
): Pick<TimeRules, 'timezone' | 'timezoneFrom'> {
  const inHeader = columns.map((column) => titles[column]?.offset).find((offset) => offset !== undefined);
  if (timezone !== undefined) {
    return { timezone, timezoneFrom: 'options' };
  }
  return inHeader === undefined
    ? { timezone: defaultTimezone, timezoneFrom: defaultTimezone === undefined ? undefined : 'default' }
    : { timezone: inHeader, timezoneFrom: 'header' };
}

/**
 * Decides between the formats that the first part of a file leaves, by the rest of it.
 * @param text the whole file; if it cannot be read twice, the first part has to do
 * @throws AmbiguousFileError if the file leaves more than one format
 */
export async function settleTimeFormat(
  { format, unsettled: guess }: TimeRules,
  columns: readonly number[],
  table: Table,
  text: AsyncIterable<string> | undefined,
): Promise<TimeFormat> {
  if (!guess) {
    return format;
  }
  const { delimiter, comment, convert, firstLine } = table;
  for await (const records of text ? readRecords(text, { delimiter, comment, convert, firstLine }) : []) {
    addTimes(guess, records, columns);
    if (guess.possible.length === 1) {
      break;
    }
  }
  return onlyFormat(guess, text === undefined);
}

function addTimes(guess: TimeFormatGuess, records: readonly CsvRecord[], columns: readonly number[]): void {
  for (const { fields } of records) {
    guess.add(timeText(fields, columns));
  }
}

/** @throws AmbiguousFileError if the texts leave more than one format */
function onlyFormat(guess: TimeFormatGuess, isPart: boolean): TimeFormat {
  const { formats, ambiguity } = guess;
  const [only, another] = formats;
  if (only && !another) {
    return only;
  }
  const choices = formats.map(({ name }) => {
    const reading = ambiguity?.readings.find(({ format }) => format.name === name);
    return { value: name, label: `${excerpt(ambiguity?.text ?? '')} is ${reading?.local ?? ''}` };
  });
  throw new AmbiguousFileError(
    `The ${isPart ? 'first part of the file' : 'file'} does not show the order of day, month and year`,
    'timeFormat',
    '--time-format',
    choices,
  );
}
