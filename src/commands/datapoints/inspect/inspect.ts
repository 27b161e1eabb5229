import { existsSync } from 'node:fs';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { timezoneOf } from '../../../cli/timezone.ts';
import { pathsIn } from '../../../database/embedded-server/directory.ts';
import { Event } from '../../../entities/index.ts';
import { DatabaseError, InvalidInputError } from '../../../errors.ts';
import { type FoundFile, findFiles } from '../../../files/find-files.ts';
import type { ImportProgress } from '../../../ingest/import-datapoints.ts';
import { inspectFile } from '../../../ingest/inspect/inspect-file.ts';
import type { KnownEvent } from '../../../ingest/inspect/inspected-events.ts';
import { AmbiguousFileError } from '../../../ingest/plan/ambiguous.ts';
import type { ReadingOptions } from '../../../ingest/plan/reading-options.ts';
import { EVENTS } from '../../events/noun.ts';
import { findPublicId } from '../../standard/noun.ts';
import { withAnswers } from '../answers.ts';
import { FileReader } from '../import/file-reader.ts';
import { checkProfile, saveProfile } from '../profiles/save.ts';
import { type GivenReading, readingOptions, readingOptionsOf } from '../reading-options.ts';
import { importCommand } from './import-command.ts';
import { printInspection } from './report.ts';
import { type Known, knownRow } from './unplanned.ts';

interface InspectOptions extends GivenReading {
  event?: string;
  database: boolean;
  force?: boolean;
}

export function declareInspect(parent: Command, ctx: Context): void {
  parent
    .command('inspect')
    .argument('<file>', 'a CSV file or lines of JSON, .gz, .zst or .zip with one file in it; - for standard input')
    .description('look at a file, and print the command that imports it')
    .option('--event <event>', 'event of all rows, for a file with one column of values')
    .option('--no-database', 'do not compare the columns with the events of the database')
    .with((command) => readingOptions(command, "TZ, or the system's"))
    .option('--force', 'replace the --save-profile profile if it exists')
    .runs(ctx, inspect)
    .note(MORE)
    .examples(
      ['webmacs datapoints inspect logger.csv'],
      ['webmacs datapoints inspect logger.csv --timezone +01:00 --ignore "Battery*"'],
      ['webmacs datapoints inspect logger.csv --json | jq .columns'],
      ['webmacs datapoints inspect logger.csv --save-profile kiln', 'for the next files of this logger'],
      ['webmacs datapoints inspect logger.csv | tail -n 1 | sh', 'imports it'],
    );
}

const MORE = `
The whole file is read, and nothing is written, but for --save-profile. The last line is the command that imports it. What is
ambiguous is asked on a terminal, else it is an error that lists the choices. Columns with numbers that are not events yet are
created by the command (--create-events); to leave them out, pass --ignore or --only.

The command states the time zone: change it if the clock of the logger is in another one than this machine.
`;

async function inspect(ctx: Context, path: string, given: InspectOptions): Promise<void> {
  const file = await fileOf(path);
  checkProfile(ctx, given);
  const { events, note } = given.database ? await knownEvents(ctx) : NO_DATABASE;
  const event = note === undefined ? await findPublicId(ctx, EVENTS, given.event) : given.event;
  const reader = new FileReader([file], ctx.streams.stdin);
  const { open, again } = reader.sourceOf(file);
  let known: Known | undefined;
  const request = {
    events,
    event,
    defaultTimezone: async () => (await timezoneOf(ctx)).name,
    signal: ctx.signal,
    onSample: (sample: Known) => {
      known = sample;
    },
  };
  const work = async (reading: ReadingOptions) =>
    await ctx.progress(`Reading ${file.path}`, async (show) => {
      const onProgress = (progress: ImportProgress) => show(reader.progressOf(progress));
      return await inspectFile({ open, again }, { ...request, reading, onProgress });
    });
  try {
    const options = await readingOptionsOf(ctx, given);
    // Standard input cannot be read again.
    const inspection = await (again ? withAnswers(ctx, options, work) : work(options));
    await saveProfile(ctx, given, inspection.options);
    const command = importCommand(ctx, file.path, inspection, given);
    await printInspection(ctx, { file, inspection, command, database: note });
  } catch (error) {
    if (known && error instanceof InvalidInputError) {
      await sayKnown(ctx, file, known, error);
    }
    throw error;
  }
}

async function fileOf(path: string): Promise<FoundFile> {
  const [file, another] = await findFiles([path]);
  if (!file || another) {
    throw new InvalidInputError(`${path} matches more than one file.`, { hint: 'Inspect them one by one.' });
  }
  return file;
}

interface KnownEvents {
  events: readonly KnownEvent[];
  /** Why the columns are not compared with events. */
  note: string | undefined;
}

const NO_DATABASE: KnownEvents = { events: [], note: 'No database is used.' };

/** The events of the database, if there is one; the embedded server is not created for this. */
async function knownEvents(ctx: Context): Promise<KnownEvents> {
  const { target } = ctx.configuration.database();
  if (target.kind === 'embedded' && !existsSync(pathsIn(target.directory).data)) {
    return { events: [], note: 'No database is configured.' };
  }
  try {
    const em = await ctx.em(Event);
    const fields = ['publicId', 'name', 'unit', 'minValue', 'maxValue'] as const;
    return { events: await em.find(Event, {}, { fields }), note: undefined };
  } catch (error) {
    if (error instanceof DatabaseError) {
      return { events: [], note: error.message };
    }
    throw error;
  }
}

/** Prints what is known of a file that cannot be planned. */
async function sayKnown(ctx: Context, file: FoundFile, known: Known, error: InvalidInputError): Promise<void> {
  const row = knownRow(file.path, known);
  if (!ctx.output.structured) {
    for (const [name, value] of Object.entries(row)) {
      await ctx.output.say(`${name}: ${String(value)}`);
    }
    return;
  }
  const open = error instanceof AmbiguousFileError ? { option: error.option, choices: error.choices } : null;
  await ctx.output.one({ ...row, ambiguous: open, options: {}, command: null });
}
