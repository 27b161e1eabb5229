import { InvalidArgumentError } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { Event } from '../../../entities/index.ts';
import { ON_DUPLICATE, type OnDuplicate } from '../../../ingest/duplicates.ts';
import type { ImportRequest } from '../../../ingest/import-request.ts';
import { defined } from '../../../text/defined.ts';
import { type LockTimeoutOption, lockTimeoutOption } from '../../db/lock.ts';
import { EVENTS } from '../../events/noun.ts';
import { EXPERIMENTS } from '../../experiments/noun.ts';
import { findPublicId } from '../../standard/noun.ts';
import { type GivenReading, readingOptions, readingOptionsOf } from '../reading-options.ts';

export interface ImportOptions extends GivenReading, LockTimeoutOption {
  event?: string;
  experiment?: string;
  onDuplicate: OnDuplicate;
  newIds?: boolean;
  skipBad?: string;
  maxBad?: number;
  force?: boolean;
  atomic?: boolean;
  dryRun?: boolean;
}

/** Declares the options, by what they are about. */
export function importOptions(command: Command): void {
  command
    .with(readingOptions)
    .optionsGroup('Where the rows go:')
    .option('--event <event>', 'event of all rows, for a file with one column of values')
    .option('--experiment <experiment>', 'experiment that the rows belong to')
    .optionsGroup('Duplicates:')
    .choice('--on-duplicate <what>', 'for an event and time that are there already', ON_DUPLICATE, 'error')
    .option('--new-ids', 'give the rows of an export new ids instead of keeping theirs')
    .optionsGroup('Rejected lines:')
    .option('--skip-bad <file>', 'write rejected lines and cells to this file, and import the others')
    .option('--max-bad <percent>', 'import nothing if more of the values are rejected; default: 10%', share)
    .option('--force', 'replace the --skip-bad file, or the --save-profile profile, if it exists')
    .optionsGroup('Several files:')
    .option('--atomic', 'import all files or none; without it, each is imported by itself, in turn')
    .optionsGroup('How it is written:')
    .option('--dry-run', 'do everything but commit, and print what would be imported')
    .with(lockTimeoutOption);
}

/** What the options ask for; the events and the experiment are looked up in the database. */
export async function requestOf(ctx: Context, options: ImportOptions): Promise<ImportRequest> {
  return {
    ...(await readingOptionsOf(ctx, options)),
    ...defined({
      events: await (await ctx.em(Event)).find(Event, {}, { fields: ['publicId', 'name', 'minValue', 'maxValue'] }),
      eventPublicId: await findPublicId(ctx, EVENTS, options.event),
      experimentPublicId: await findPublicId(ctx, EXPERIMENTS, options.experiment),
      newIds: options.newIds,
      onDuplicate: options.onDuplicate,
      maxBad: options.maxBad,
    }),
  };
}

/** Parses a percentage, with or without the sign, as a share from 0 to 1. */
function share(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%?$/.exec(text.trim()) ?? [];
  if (percent === undefined || Number(percent) > 100) {
    throw new InvalidArgumentError('It must be a percentage from 0 to 100, such as 5%.');
  }
  return Number(percent) / 100;
}
