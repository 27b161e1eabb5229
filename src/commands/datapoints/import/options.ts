import { InvalidArgumentError } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { givenTimezone } from '../../../cli/timezone.ts';
import { Event } from '../../../entities/index.ts';
import type { ImportRequest } from '../../../ingest/import-request.ts';
import type { Ambiguous, Nonexistent } from '../../../ingest/time/timestamp.ts';
import { AMBIGUOUS, NONEXISTENT } from '../../../ingest/time/timestamp-rules.ts';
import { defined } from '../../../text/defined.ts';
import { EVENTS } from '../../events/noun.ts';
import { EXPERIMENTS } from '../../experiments/noun.ts';
import { findPublicId } from '../../standard/noun.ts';
import { timezoneOption } from '../../standard/time-range.ts';

export interface ImportOptions {
  encoding?: string;
  delimiter?: string;
  event?: string;
  experiment?: string;
  timeFormat?: string;
  start?: string;
  ambiguous?: Ambiguous;
  nonexistent?: Nonexistent;
  decimal?: '.' | ',';
  newIds?: boolean;
  skipBad?: string;
  force?: boolean;
  atomic?: boolean;
}

/** Declares the options, by what they are about. */
export function importOptions(command: Command): void {
  command
    .optionsGroup('Where the table is:')
    .option('--encoding <encoding>', 'such as windows-1252; default: UTF-8, or UTF-16 if the bytes show it')
    .option('--delimiter <character>', 'default: comma, semicolon or tab, detected from the header')
    .optionsGroup('When:')
    .option('--time-format <format>', 'letters of strptime, or a name of those below; default: iso')
    .option('--start <time>', 'time from which elapsed times count: ISO 8601')
    .with((parent) => timezoneOption(parent, { otherwise: 'else they are rejected' }))
    .choice('--ambiguous <how>', 'how to read a time that the clocks repeat; default: refuse', AMBIGUOUS)
    .choice('--nonexistent <how>', 'how to read a time that the clocks skip; default: refuse', NONEXISTENT)
    .optionsGroup('What:')
    .option('--event <event>', 'event of all rows, for a file with timestamp and value only')
    .option('--experiment <experiment>', 'experiment that the rows belong to')
    .option('--decimal <character>', 'decimal separator, a dot or a comma', decimalSeparator, '.')
    .optionsGroup('Duplicates:')
    .option('--new-ids', 'give the rows of an export new ids instead of keeping theirs')
    .optionsGroup('Rejected lines:')
    .option('--skip-bad <file>', 'write rejected lines to this file, and import the others')
    .option('--force', 'replace the --skip-bad file if it exists')
    .optionsGroup('Several files:')
    .option('--atomic', 'import all files or none; without it, each is imported by itself, in turn');
}

/** What the options ask for; the events and the experiment are looked up in the database. */
export async function requestOf(ctx: Context, options: ImportOptions): Promise<ImportRequest> {
  return defined({
    events: await (await ctx.em(Event)).find(Event, {}, { fields: ['publicId', 'name'] }),
    eventPublicId: await findPublicId(ctx, EVENTS, options.event),
    experimentPublicId: await findPublicId(ctx, EXPERIMENTS, options.experiment),
    timezone: (await givenTimezone(ctx))?.name,
    timeFormat: options.timeFormat,
    start: options.start,
    ambiguous: options.ambiguous,
    nonexistent: options.nonexistent,
    encoding: options.encoding,
    delimiter: options.delimiter?.replace('\\t', '\t'),
    decimal: options.decimal,
    newIds: options.newIds,
  });
}

function decimalSeparator(text: string): '.' | ',' {
  if (text !== '.' && text !== ',') {
    throw new InvalidArgumentError('It must be . or ,');
  }
  return text;
}
