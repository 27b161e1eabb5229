import { basename } from 'node:path';
import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted, quoted } from '../../../cli/text.ts';
import { shownTime } from '../../../cli/time.ts';
import { type CreatedRow, type ImportRecord, ImportRecords } from '../../../ingest/imports/record.ts';
import { checkUndo, undoImport } from '../../../ingest/imports/undo.ts';
import { importArgument } from './argument.ts';

export function declareUndo(parent: Command, ctx: Context): void {
  parent
    .command('undo')
    .addArgument(importArgument(ctx))
    .description('delete exactly the datapoints of an import, while they are unchanged')
    .option('--dry-run', 'show whether it can be undone, and delete nothing')
    .runs(ctx, undo)
    .note(REFUSED)
    .examples(
      ['webmacs datapoints imports undo 1a2b3c4d', 'asks for confirmation'],
      ['webmacs datapoints imports undo 1a2b3c4d --yes', 'in a script'],
      ['webmacs datapoints imports undo 1a2b3c4d --dry-run'],
    );
}

const MAX_LISTED = 10;

const REFUSED = `
It deletes all of them or, if any has been changed, assigned or deleted since, none. It is also refused for an import that
replaced datapoints, and in a database that was restored from a dump.`;

async function undo(ctx: Context, given: string, { dryRun = false }: { dryRun?: boolean }): Promise<void> {
  const records = new ImportRecords(ctx.embeddedDirectory);
  const record = records.find(given);
  const pool = await ctx.pool();
  const { id } = record;
  const what = `${counted(record.rows, 'datapoint')} of import ${id} (${await describe(ctx, record)})`;
  if (dryRun || !ctx.yes) {
    await ctx.progress('Checking the datapoints', async () => checkUndo(pool, record, ctx.signal));
    if (dryRun) {
      return await ctx.output.done(`Would delete the ${what}.`, { id, would_delete: record.rows });
    }
    if (!(await ctx.confirm(`Undo import ${id}?`, `This deletes the ${what}.`))) {
      return await ctx.output.done('Nothing was deleted.', { id, deleted: 0, undone_on: null });
    }
  }
  await ctx.announce();
  const { rows, undone_on: undoneOn } = await ctx.progress('Deleting datapoints', async () =>
    undoImport(pool, records, id, { signal: ctx.signal, now: ctx.now }),
  );
  await ctx.output.done(ctx.output.success(`${what} deleted.`), { id, deleted: rows, undone_on: undoneOn });
  await sayWhatStays(ctx, record);
}

/** What an import created may have other datapoints since, which would be deleted with it. */
async function sayWhatStays(ctx: Context, record: ImportRecord): Promise<void> {
  const { id, created_events: events = [], created_experiment: experiment } = record;
  const stays = async (noun: string, { name, public_id: publicId }: CreatedRow) =>
    await ctx.output.say(
      `The ${noun} ${quoted(name)} that it created stays; delete it with ${ctx.calledAs} ${noun}s delete ${publicId}`,
    );
  for (const event of events.slice(0, MAX_LISTED)) {
    await stays('event', event);
  }
  if (events.length > MAX_LISTED) {
    const more = counted(events.length - MAX_LISTED, 'more event');
    await ctx.output.say(`${more} stay; ${ctx.calledAs} datapoints imports show ${id} --json lists all.`);
  }
  if (experiment) {
    await stays('experiment', experiment);
  }
}

/** `"readings.csv", 2026-11-25 16:00 +01:00` */
async function describe(ctx: Context, { file, imported_on: when }: ImportRecord): Promise<string> {
  const source = file === null ? 'standard input' : quoted(basename(file));
  return `${source}, ${await shownTime(ctx, when.replace('+00:00', 'Z'))}`;
}
