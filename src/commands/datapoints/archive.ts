import type { Pool } from 'pg';
import type { ArchivedFile } from '../../archive/manifest.ts';
import { ARCHIVED_BY, type PeriodOptions } from '../../archive/periods.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { Row } from '../../cli/output.ts';
import { counted, fileSize } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { createFolder } from '../export/export-to.ts';
import { AGE, parseAge } from '../standard/prune.ts';

interface ArchiveOptions {
  olderThan?: string;
  output?: string;
  by?: PeriodOptions['by'];
  keepExperiments?: boolean;
  ids: boolean;
  drop?: boolean;
  dryRun?: boolean;
}

export function declareArchive(parent: Command, ctx: Context): void {
  parent
    .command('archive')
    .description('write old datapoints to Parquet files, a month each; --drop then deletes them from the database')
    .option('--older-than <duration>', 'minimum age of the end of the month or experiment: 1y, 90d, 2w or P90D')
    .option('-o, --output <folder>', 'folder of the archive; one that exists is continued')
    .choice('--by <what>', 'a file for each month in UTC, or each stopped experiment; default: month', ARCHIVED_BY)
    .option('--keep-experiments', 'leave out those that belong to an experiment')
    .option('--no-ids', 'without the public ids, which are most of a file; restored datapoints get new ones')
    .option('--drop', 'afterwards, delete the archived datapoints from the database')
    .option('--dry-run', 'print what would be archived, and write nothing')
    .runs(ctx, archive)
    .note(NOTE)
    .examples(
      ['webmacs datapoints archive --older-than 1y -o archive/ --dry-run'],
      ['webmacs datapoints archive --older-than 1y -o archive/ --drop', 'by cron'],
      ['webmacs datapoints archive --older-than 90d --by experiment -o runs/'],
    );
}

const NOTE = `
Each file is read back and compared with the database before it gets its name; manifest.json describes all of them. Run again, it
continues: a month that has changed since is written again, as a new part. --drop deletes only datapoints that are exactly as
archived; on a terminal it asks, unless --yes is given. Datapoints with infinite times stay in the database. "webmacs datapoints
restore" brings archived ones back, and exports and statistics read them with --archive.
`;

async function archive(ctx: Context, options: ArchiveOptions): Promise<void> {
  const { by = 'month', keepExperiments = false, ids: hasIds, drop = false } = options;
  const given = await ctx.prompts.missing(
    { olderThan: options.olderThan, output: options.output },
    { olderThan: { ...AGE, check: intervalOf }, output: FOLDER },
  );
  if (by === 'experiment' && keepExperiments) {
    throw new InvalidInputError('--keep-experiments leaves out what --by experiment archives.', {
      hint: 'Omit one of them.',
    });
  }
  const periods = { by, keepExperiments, olderThan: intervalOf(given.olderThan) };
  const database = await ctx.database();
  if (options.dryRun) {
    return await printPlan(ctx, database.pool, periods, drop);
  }
  const { archiveDatapoints, alone } = await import('../../archive/archive.ts');
  const folder = given.output;
  createFolder(folder);
  const written: ArchivedFile[] = [];
  const onFile = async (file: ArchivedFile, isNew: boolean) => {
    if (isNew) {
      written.push(file);
      const what = `${file.name}: ${counted(file.rows, 'datapoint')}, ${fileSize(file.bytes)}.`;
      await ctx.output.say(ctx.output.success(what));
    }
  };
  await alone(database.pool, ctx.signal, async () => {
    const settings = { ...periods, folder, hasIds, signal: ctx.signal, now: ctx.now(), onFile };
    const files = await ctx.progress('Archiving', async (onProgress) =>
      archiveDatapoints(database, { ...settings, onProgress }),
    );
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const facts = { files: files.map(({ name }) => name), written: written.map(({ name }) => name), rows };
    if (files.length === 0) {
      const none = 'Nothing to archive: no datapoints are that old.';
      return await ctx.output.done(none, { ...facts, deleted: 0, left: 0 });
    }
    const sentence = `${counted(rows, 'datapoint')} in ${counted(files.length, 'file')}, ${counted(written.length, 'new one')}.`;
    if (drop && (await mayDrop(ctx, rows))) {
      return await dropFiles(ctx, database.pool, { folder, files, facts, sentence });
    }
    const message = ctx.output.success(`${sentence} They are still in the database.`);
    await ctx.output.done(message, { ...facts, deleted: 0, left: rows });
  });
}

async function printPlan({ output }: Context, pool: Pool, periods: PeriodOptions, drop: boolean): Promise<void> {
  const { periodsOf } = await import('../../archive/periods.ts');
  const names = (await periodsOf(pool, periods)).map(({ stem }) => stem);
  const what = names.length === 0 ? 'nothing' : `${counted(names.length, periods.by)}: ${names.join(', ')}`;
  const then = drop && names.length > 0 ? ', and drop what is archived' : '';
  await output.done(`Would archive ${what}${then}.`, { would_archive: names });
}

/** Asks on a terminal only. */
async function mayDrop(ctx: Context, rows: number): Promise<boolean> {
  const what = `This deletes ${counted(rows, 'datapoint')} from the database, which the archive has.`;
  await ctx.announce();
  return !ctx.prompts.canAsk || (await ctx.confirm(`Drop ${counted(rows, 'archived datapoint')}?`, what));
}

async function dropFiles(
  ctx: Context,
  pool: Pool,
  { folder, files, facts, sentence }: { folder: string; files: readonly ArchivedFile[]; facts: Row; sentence: string },
): Promise<void> {
  const { dropArchived } = await import('../../archive/drop.ts');
  const { deleted, left, emptied } = await ctx.progress('Dropping', async (onProgress) =>
    dropArchived(pool, files, { folder, signal: ctx.signal, onProgress }),
  );
  const message = `${sentence} ${counted(deleted, 'datapoint')} deleted from the database.`;
  await ctx.output.done(ctx.output.success(message), { ...facts, deleted, left, emptied });
  if (left > 0) {
    const they = `${counted(left, 'datapoint')} of the same times came later or were changed, and stay.`;
    await ctx.output.warn(`${they} Run it again to archive them, too.`);
  }
}

const FOLDER = { option: '--output', ask: 'Folder of the archive' };

/** As PostgreSQL reads it: years by the calendar. */
function intervalOf(age: string): string {
  const [, years] = /^(\d{1,4})y$/i.exec(age) ?? [];
  return years === undefined ? `${parseAge(age)} seconds` : `${years} years`;
}
