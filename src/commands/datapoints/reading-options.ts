import { InvalidArgumentError } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { flagOf } from '../../cli/option.ts';
import { repeated, wholeNumberBetween } from '../../cli/parse.ts';
import { givenTimezone } from '../../cli/timezone.ts';
import type { ReadingOptions } from '../../ingest/plan/reading-options.ts';
import { Profiles } from '../../ingest/profiles/profiles.ts';
import { AMBIGUOUS, NONEXISTENT } from '../../ingest/time/timestamp-rules.ts';
import { defined } from '../../text/defined.ts';
import { timezoneOption } from '../standard/time-range.ts';

/** How to read a file, as the options name it. */
export interface GivenReading extends Omit<ReadingOptions, 'timeColumns' | 'nulls' | 'timezone'> {
  timeColumn?: string[];
  null?: string[];
  profile?: string;
  saveProfile?: string;
}

/**
 * Adds the options that say how a file is read, by what they are about.
 * @param otherwise what becomes of times without an offset if no time zone is stated
 */
export function readingOptions(command: Command, otherwise = 'else they are rejected'): void {
  command
    .optionsGroup('Where the table is:')
    .option('--encoding <encoding>', 'such as windows-1252; default: UTF-8, or UTF-16 if the bytes show it')
    .option('--delimiter <character>', 'default: found in the file; a blank stands for any number of them', delimiter)
    .option('--header-line <line>', 'line of the header, from 1; default: found in the file', lineNumber)
    .option('--header <record>', "header of a file without one, such as 'time,Bed temperature'")
    .option('--skip-after <count>', 'rows of units below the header; default: those without a number', lineCount)
    .option('--comment <text>', 'start of lines to skip; default: #, if the file starts with it')
    .optionsGroup('When:')
    .option('--time-column <column>', 'column with the time; repeat it for date and time of day', repeated)
    .option('--time-format <format>', 'letters of strptime, or a name of those below; default: found in the file')
    .option('--start <time>', 'time from which elapsed times count: ISO 8601')
    .with((parent) => timezoneOption(parent, { otherwise }))
    .choice('--ambiguous <how>', 'how to read a time that the clocks repeat; default: refuse', AMBIGUOUS)
    .choice('--nonexistent <how>', 'how to read a time that the clocks skip; default: refuse', NONEXISTENT)
    .optionsGroup('What:')
    .option('--event-column <column>', 'column with the event of each row')
    .option('--value-column <column>', 'column with the value of each row')
    .option('--map <column=event>', 'event of a column, or of a name in the file; can be repeated', repeated)
    .option('--ignore <pattern>', 'columns or names to leave out; can be repeated', repeated)
    .option('--only <pattern>', 'the only columns or names to import; can be repeated', repeated)
    .option(
      '--decimal <character>',
      'decimal separator, a dot or a comma; default: found in the file',
      decimalSeparator,
    )
    .option('--thousands <character>', 'separator of thousands', thousandsSeparator)
    .optionsGroup('Missing values:')
    .option('--null <text>', 'what also stands for one: -9999, or Level=-200 in one column; can be repeated', repeated)
    .choice('--nan <how>', 'NaN as a value; default: missing, but a value in an export', ['missing', 'keep'])
    .optionsGroup('Profiles:')
    .option('--profile <name>', 'take the options that are not given from a profile ("datapoints profiles" lists them)')
    .option('--save-profile <name>', 'save these options as a profile')
    .note(TIME_FORMATS);
}

const TIME_FORMATS = `
Time formats:
  iso                                       2026-01-31T13:45:00.5+01:00
  %d.%m.%Y %H:%M:%S                         the letters of strptime, such as %j, %b, %I with %p, %f, %z
  unix, unix_ms, unix_us, unix_ns           since 1970, in UTC
  excel                                     days of a spreadsheet, such as 46023.5
  elapsed, elapsed_ms, elapsed_min, elapsed_h   since --start, a number or H:MM:SS
--ambiguous infer decides by the order of the rows of each event; --nonexistent shift takes the offset before the change.
`;

/** The options of the command line, else of the profile; the time zone, else also of the environment and the configuration. */
export async function readingOptionsOf(ctx: Context, given: GivenReading): Promise<ReadingOptions> {
  const { timeColumn, null: nulls, profile } = given;
  const kept = profile === undefined ? {} : new Profiles(ctx.configuration.path).find(profile).options;
  const isOption = ctx.configuration.get('timezone')?.origin === '--timezone';
  const zone = kept.timezone === undefined || isOption ? (await givenTimezone(ctx))?.name : undefined;
  const zones = isOption ? { timezone: zone } : { defaultTimezone: zone };
  return { ...kept, ...defined({ ...pick(given), timeColumns: timeColumn, nulls, ...zones }) };
}

/** The options that say how a file is read, of all options of an import: what a profile keeps. */
export function keptOptions(all: ReadingOptions): ReadingOptions {
  const { timeColumns, nulls, timezone } = all;
  return defined({ ...pick(all), timeColumns, nulls, timezone });
}

/** The words of a command line that state these options. */
export function wordsFor(options: ReadingOptions): string[] {
  const { timeColumns, nulls, timezone, delimiter, ...others } = options;
  const given = {
    ...others,
    delimiter: delimiter === undefined ? undefined : (DELIMITER_NAMES[delimiter] ?? delimiter),
    timezone,
    timeColumn: timeColumns,
    null: nulls,
  };
  return ORDER.flatMap((name) => {
    return [given[name] ?? []].flat().flatMap((value) => wordOf(flagOf(name), String(value)));
  });
}

/** A value that looks like an option is one word with its own. */
function wordOf(flag: string, value: string): string[] {
  return value.startsWith('-') || value === '' ? [`${flag}=${value}`] : [flag, value];
}

const NAMES = [
  'encoding',
  'delimiter',
  'headerLine',
  'header',
  'skipAfter',
  'comment',
  'timeFormat',
  'start',
  'ambiguous',
  'nonexistent',
  'map',
  'ignore',
  'only',
  'eventColumn',
  'valueColumn',
  'decimal',
  'thousands',
  'nan',
] as const satisfies readonly (keyof GivenReading)[];

/** The order of the options in a command line. */
const ORDER = [
  ...NAMES.slice(0, 6),
  'timeColumn',
  ...NAMES.slice(6, 8),
  'timezone',
  ...NAMES.slice(8),
  'null',
] as const;

const DELIMITER_NAMES: Record<string, string> = { '\t': 'tab', ' ': 'blank' };

function pick(given: ReadingOptions | GivenReading): ReadingOptions {
  return Object.fromEntries(NAMES.map((name) => [name, given[name]]));
}

const lineNumber = wholeNumberBetween(1, Number.MAX_SAFE_INTEGER);
const lineCount = wholeNumberBetween(0, 100);

function delimiter(text: string): string {
  return { '\\t': '\t', tab: '\t', blank: ' ' }[text] ?? text;
}

function decimalSeparator(text: string): '.' | ',' {
  if (text !== '.' && text !== ',') {
    throw new InvalidArgumentError('It must be . or ,');
  }
  return text;
}

function thousandsSeparator(text: string): string {
  if (!/^[.,'\s_]$/u.test(text)) {
    throw new InvalidArgumentError("It must be one of . , ' _ or a blank.");
  }
  return /\s/.test(text) ? ' ' : text;
}
