import { InvalidArgumentError, Option } from 'commander';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { numberOf } from '../../../cli/parse.ts';
import { Event, Experiment } from '../../../entities/index.ts';
import { InvalidInputError, NotFoundError } from '../../../errors.ts';
import type { CreationRequest } from '../../../ingest/creation.ts';
import { ON_DUPLICATE, type OnDuplicate } from '../../../ingest/duplicates.ts';
import type { ImportRequest } from '../../../ingest/import-request.ts';
import { defined } from '../../../text/defined.ts';
import { type LockTimeoutOption, lockTimeoutOption } from '../../db/lock.ts';
import { EVENTS } from '../../events/noun.ts';
import { EXPERIMENTS } from '../../experiments/noun.ts';
import { findPublicId } from '../../standard/noun.ts';
import { owner } from '../../standard/owner.ts';
import { type GivenReading, readingOptions, readingOptionsOf } from '../reading-options.ts';

export interface ImportOptions extends GivenReading, LockTimeoutOption {
  event?: string;
  experiment?: string;
  onDuplicate: OnDuplicate;
  createEvents?: boolean;
  unit?: string;
  min?: string;
  max?: string;
  createExperiment?: string;
  newIds?: boolean;
  skipBad?: string;
  maxBad?: number;
  force?: boolean;
  atomic?: boolean;
  follow?: boolean;
  dryRun?: boolean;
}

export function importOptions(command: Command): void {
  command
    .with(readingOptions)
    .optionsGroup('Where the rows go:')
    .option('--event <event>', 'event of all rows, for a file with one column of values')
    .option('--experiment <experiment>', 'experiment that the rows belong to')
    .addOption(
      new Option('--create-experiment <name>', 'new experiment of all rows, from the first to the last').conflicts(
        'experiment',
      ),
    )
    .option('--create-events', 'create the events that the file names and that do not exist')
    .option('--unit <unit>', 'unit of new events for which the file has none; default: -')
    .option('--min <number>', 'smallest value of new events; default: below the data')
    .option('--max <number>', 'largest value of new events; default: above the data')
    .optionsGroup('Duplicates:')
    .choice('--on-duplicate <what>', 'for an event and time that already exist', ON_DUPLICATE, 'error')
    .option('--new-ids', 'give the rows of an export new ids instead of keeping theirs')
    .optionsGroup('Rejected lines:')
    .option('--skip-bad <file>', 'write rejected lines and cells to this file, and import the others')
    .option('--max-bad <percent>', 'import nothing if more of the values are rejected; default: 10%', share)
    .option('--force', 'replace the --skip-bad file, or the --save-profile profile, if it exists')
    .optionsGroup('Several files:')
    .option('--atomic', 'import all files or none; without it, each is imported by itself, in turn')
    .optionsGroup('How it is written:')
    .option('--follow', 'keep importing lines as they are appended to the file, until Ctrl-C (exit code 130)')
    .option('--dry-run', 'do everything but commit, and print what would be imported')
    .with(lockTimeoutOption);
}

/** What the options ask for; the events and the experiment are looked up in the database. */
export async function requestOf(ctx: Context, options: ImportOptions): Promise<ImportRequest> {
  return {
    ...(await readingOptionsOf(ctx, options)),
    ...defined({
      events: await (await ctx.em(Event)).find(
        Event,
        {},
        { fields: ['publicId', 'name', 'unit', 'minValue', 'maxValue'] },
      ),
      ...(await eventOf(ctx, options)),
      experimentPublicId: await findPublicId(ctx, EXPERIMENTS, options.experiment),
      newIds: options.newIds,
      onDuplicate: options.onDuplicate,
      maxBad: options.maxBad,
      create: await creationOf(ctx, options),
    }),
  };
}

async function eventOf(
  ctx: Context,
  { event, createEvents = false }: ImportOptions,
): Promise<Pick<ImportRequest, 'eventPublicId' | 'newEvent'>> {
  try {
    return defined({ eventPublicId: await findPublicId(ctx, EVENTS, event) });
  } catch (error) {
    if (event !== undefined && createEvents && error instanceof NotFoundError) {
      return { newEvent: event };
    }
    throw error;
  }
}

/** @throws InvalidInputError for a unit or a range of new events, if there are to be none */
async function creationOf(ctx: Context, options: ImportOptions): Promise<CreationRequest | undefined> {
  const { createEvents = false, createExperiment: experiment } = options;
  const events = defined({
    unit: options.unit,
    min: options.min === undefined ? undefined : numberOf('--min', options.min),
    max: options.max === undefined ? undefined : numberOf('--max', options.max),
  });
  if (!createEvents && Object.keys(events).length > 0) {
    throw new InvalidInputError('--unit, --min and --max are those of new events.', {
      hint: 'Pass --create-events too.',
    });
  }
  if (!createEvents && experiment === undefined) {
    return undefined;
  }
  const { publicId: ownerPublicId } = await owner(ctx);
  return {
    em: await ctx.em(Event, Experiment),
    ownerPublicId,
    ...defined({ events: createEvents ? events : undefined, experiment }),
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
