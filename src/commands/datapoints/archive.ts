import type { ArchivedFile } from '../../archive/manifest.ts';
import { ARCHIVED_BY, type PeriodOptions } from '../../archive/periods.ts';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
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
    .option('-o, --output <folder>', 'of the archive; an earlier one is continued')
    .choice('--by <what>', 'what a file has: a month in UTC, or a stopped experiment; default: month', ARCHIVED_BY)
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
A file is read back, and compared with the database, before it is there, and manifest.json describes each. Run again, it continues: a
month that has changed since is written again, as a new part. --drop deletes only datapoints that are exactly as archived; on a
terminal it asks, unless --yes is given. Times that are infinite stay in the database. "webmacs datapoints restore" brings them back,
and exports and statistics read them with --archive.
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
  const { pool } = database;
  const { signal, output } = ctx;
  if (options.dryRun) {
    const { periodsOf } = await import('../../archive/periods.ts');
    const found = await periodsOf(pool, periods);
    const names = found.map(({ stem }) => stem);
    const what = found.length === 0 ? 'nothing' : `${counted(found.length, by)}: ${names.join(', ')}`;
    return await output.done(`Would archive ${what}${drop && found.length > 0 ? ', and drop what is archived' : ''}.`, {
      would_archive: names,
    });
  }
  const { archiveDatapoints, alone } = await import('../../archive/archive.ts');
  const folder = given.output;
  createFolder(folder);
  const written: ArchivedFile[] = [];
  await alone(pool, signal, async () => {
    const files = await ctx.progress('Archiving', async (onProgress) =>
      archiveDatapoints(database, {
        ...{ ...periods, folder, hasIds, signal, now: ctx.now(), onProgress },
        async onFile(file, isNew) {
          if (isNew) {
            written.push(file);
            await output.say(
              output.success(`${file.name}: ${counted(file.rows, 'datapoint')}, ${fileSize(file.bytes)}.`),
            );
          }
        },
      }),
    );
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const facts = { files: files.map(({ name }) => name), written: written.map(({ name }) => name), rows };
    if (files.length === 0) {
      return await output.done('Nothing to archive: no datapoints are that old.', { ...facts, deleted: 0, left: 0 });
    }
    const sentence = `${counted(rows, 'datapoint')} in ${counted(files.length, 'file')}, ${counted(written.length, 'new one')}.`;
    const what = `This deletes ${counted(rows, 'datapoint')} from the database, which the archive has.`;
    const drops =
      drop && (!ctx.prompts.canAsk || (await ctx.confirm(`Drop ${counted(rows, 'archived datapoint')}?`, what)));
    if (!drops) {
      return await output.done(output.success(`${sentence} They are still in the database.`), {
        ...facts,
        deleted: 0,
        left: rows,
      });
    }
    const { dropArchived } = await import('../../archive/drop.ts');
    const { deleted, left, emptied } = await ctx.progress('Dropping', async (onProgress) =>
      dropArchived(pool, files, { folder, signal, onProgress }),
    );
    const message = `${sentence} ${counted(deleted, 'datapoint')} deleted from the database.`;
    await output.done(output.success(message), { ...facts, deleted, left, emptied });
    if (left > 0) {
      await output.warn(
        `${counted(left, 'datapoint')} of the same times came later or were changed, and stay. Run it again to archive them, too.`,
      );
    }
  });
}

const FOLDER = { option: '--output', ask: 'Folder of the archive' };

/** As PostgreSQL reads it: years by the calendar. */
function intervalOf(age: string): string {
  const [, years] = /^(\d{1,4})y$/i.exec(age) ?? [];
  return years === undefined ? `${parseAge(age)} seconds` : `${years} years`;
}
