import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { look } from '../../../storage/conversion.ts';
import { undistribute } from '../../../storage/distribute.ts';
import { unpartition } from '../../../storage/plain.ts';
import { type ChangeOptions, changeOptions, conversionOf, poolFor } from './change.ts';

export function declarePlain(storage: Command, ctx: Context): void {
  storage
    .command('plain')
    .description(
      'make the datapoints one table again: of the servers of Citus, or of partitions if one of them has all rows; undo an interrupted conversion',
    )
    .with(changeOptions)
    .runs(ctx, runPlain)
    .examples(['webmacs db storage plain']);
}

async function runPlain(ctx: Context, options: ChangeOptions): Promise<void> {
  const pool = await poolFor(ctx, options, 'several servers');
  const before = await look(pool);
  if (options.dryRun) {
    const what =
      before.form === 'distributed'
        ? 'bring all tables back to one server'
        : before.form === 'plain'
          ? 'remove what an interrupted conversion has left'
          : 'make the only partition with rows the table';
    return await ctx.output.done(`Would ${what}.`, { changed: false, form: before.form });
  }
  const changed = await ctx.progress('Converting', async () =>
    before.form === 'distributed'
      ? await undistribute(pool, conversionOf(ctx, options))
      : await unpartition(pool, conversionOf(ctx, options)),
  );
  const message = changed ? ctx.output.success('The datapoints are stored in one table.') : 'Nothing to do.';
  await ctx.output.done(message, { changed, form: 'plain' });
}
