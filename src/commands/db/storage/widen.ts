import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { stopWidening, type Way, wayToWiden, widen } from '../../../storage/widen.ts';
import { type ChangeOptions, changeOptions, conversionOf, poolFor } from './change.ts';

export function declareWiden(storage: Command, ctx: Context): void {
  storage
    .command('widen')
    .description('make the ids of the datapoints bigint, while the table is used')
    .option('--undo', 'remove what an interrupted run has added')
    .with(changeOptions)
    .runs(ctx, runWiden)
    .note(WIDEN)
    .examples(['webmacs db storage widen --dry-run'], ['webmacs db storage widen']);
}

const WIDEN = `
The ids of older databases end after 2,147,483,647 datapoints; those of new ones do not. A small table is changed at once. In a large
one, a second column is filled in batches while others read and write, and becomes the id under a short exclusive lock: it is
then the last column. After an interruption, run it again: it continues; or undo it with --undo. A hypertable, or the servers of
Citus, have to become one table first: "webmacs db storage plain --dry-run" says what that takes.
`;

const WOULD: Record<Way, string> = {
  nothing: 'Nothing to do: the ids are bigint.',
  'at once': 'Would make the ids bigint at once: the table is small.',
  online: 'Would fill a second column in batches, and make it the id.',
};

async function runWiden(ctx: Context, { undo = false, ...options }: ChangeOptions & { undo?: boolean }): Promise<void> {
  const pool = await poolFor(ctx, options, 'several servers');
  const conversion = conversionOf(ctx, options);
  if (undo) {
    const changed = !options.dryRun && (await stopWidening(pool, conversion));
    const done = changed ? ctx.output.success('Removed what the interrupted widening had added.') : 'Nothing to do.';
    const what = options.dryRun ? 'Would remove what an interrupted widening has added.' : done;
    return await ctx.output.done(what, { changed });
  }
  if (options.dryRun) {
    const { way } = await wayToWiden(pool);
    return await ctx.output.done(WOULD[way], { changed: false, way });
  }
  const way = await ctx.progress('Widening', async (show) =>
    widen(pool, { ...conversion, onProgress: (rows, totalRows) => show({ rows, totalRows }) }),
  );
  const message = way === 'nothing' ? WOULD.nothing : ctx.output.success('The ids are bigint.');
  await ctx.output.done(message, { changed: way !== 'nothing', way });
}
