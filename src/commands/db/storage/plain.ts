import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { fileSize } from '../../../cli/text.ts';
import { shardsOf } from '../../../database/shards.ts';
import { look } from '../../../storage/conversion.ts';
import { undistribute } from '../../../storage/distribute.ts';
import { hasLeftovers, type PlainPlan, plainPlan, unpartition } from '../../../storage/plain.ts';
import { expectPlainPossible } from '../../../storage/possible.ts';
import { type ChangeOptions, changeOptions, conversionOf, poolFor } from './change.ts';

export function declarePlain(storage: Command, ctx: Context): void {
  storage
    .command('plain')
    .description('make the datapoints one table again, while they are used; undo an interrupted conversion')
    .with(changeOptions)
    .runs(ctx, runPlain)
    .note(PLAIN)
    .examples(
      ['webmacs db storage plain --dry-run', 'whether rows are copied, and the disk space that it needs'],
      ['webmacs db storage plain'],
    );
}

const PLAIN = `
If only one partition has rows, it becomes the table. Of several partitions, and of a hypertable, the rows are copied in batches, a
trigger makes each change in the copy, too, and the copy becomes the table under a short exclusive lock, once all rows were
compared. It needs as much disk space again until then, compressed chunks as much as before compression. The policies, settings
and figures of hours of a hypertable go with it. After an interruption, run it again: it continues. From the servers of Citus, the
rows are copied in the same way, but for the trigger, which lists the changes for the copy; the other tables follow with the lock.
`;

const WOULD: Record<PlainPlan['way'], string> = {
  remove: 'Would remove what an interrupted conversion has left.',
  switch: 'Would make the only partition with rows the table.',
  copy: 'Would copy all rows into one table, while they are used.',
};

async function runPlain(ctx: Context, options: ChangeOptions): Promise<void> {
  const pool = await poolFor(ctx, options, 'several servers');
  const { tables } = await ctx.database();
  const { form } = await look(pool);
  if (form === 'distributed') {
    await expectPlainPossible(pool);
    const shards = await shardsOf(pool);
    const bytes = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    if (options.dryRun) {
      const what = `Would bring all tables back to one server, while they are used. It needs about ${fileSize(bytes)} of disk space more.`;
      return await ctx.output.done(what, { changed: false, form, needs_bytes: bytes });
    }
    const totalRows = shards.reduce((sum, shard) => sum + shard.rows, 0) || undefined;
    const changed = await ctx.progress('Converting', async (show) =>
      undistribute(pool, { tables, onRows: (rows) => show({ rows, totalRows }), ...conversionOf(ctx, options) }),
    );
    return await report(ctx, changed);
  }
  const { way, bytes, rows, hourly, parameters } = await plainPlan(pool);
  const [kept, ...lost] = parameters;
  if (lost.length > 0) {
    await ctx.output.warn(
      `The partitions have different storage parameters. The table gets those of most of them (${kept}), not ${lost.join('; ')}.`,
    );
  }
  if (options.dryRun) {
    await expectPlainPossible(pool);
    if (way === 'remove' && !(await hasLeftovers(pool))) {
      return await report(ctx, false);
    }
    const space = way === 'copy' ? ` Until it is done, it needs about ${fileSize(bytes)} of disk space more.` : '';
    return await ctx.output.done(`${WOULD[way]}${hourly ? ' Would drop the figures of hours.' : ''}${space}`, {
      changed: false,
      form,
      needs_bytes: bytes,
    });
  }
  if (way === 'copy') {
    await ctx.output.say(`The copy of the datapoints needs about ${fileSize(bytes)} of disk space.`);
  }
  const changed = await ctx.progress('Converting', async (show) =>
    unpartition(pool, {
      onRows: (copied) => show({ rows: copied, totalRows: rows || undefined }),
      ...conversionOf(ctx, options),
    }),
  );
  await report(ctx, changed);
}

async function report(ctx: Context, changed: boolean): Promise<void> {
  const message = changed ? ctx.output.success('The datapoints are stored in one table.') : 'Nothing to do.';
  await ctx.output.done(message, { changed, form: 'plain' });
}
