import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { wholeNumber } from '../../../cli/parse.ts';
import { counted } from '../../../cli/text.ts';
import { AHEAD } from '../../../storage/extend.ts';
import { expectPartitionable, partition, partitionPlan } from '../../../storage/partition.ts';
import { PERIODS, type Period } from '../../../storage/periods.ts';
import { hasLeftovers } from '../../../storage/plain.ts';
import { type ChangeOptions, changeOptions, conversionOf, formText, poolFor } from './change.ts';

export function declarePartition(storage: Command, ctx: Context): void {
  storage
    .command('partition')
    .description('turn the table of datapoints into partitions by time, while it is used; no row moves')
    .choice('--every <period>', 'the time that a partition covers; default month', PERIODS)
    .option(
      '--ahead <n>',
      'how many partitions follow the first, which has the current and the next period',
      wholeNumber,
      AHEAD,
    )
    .with(changeOptions)
    .runs(ctx, runPartition)
    .note(PARTITION)
    .examples(['webmacs db storage partition --dry-run'], ['webmacs db storage partition --every week']);
}

const PARTITION = `
Old datapoints in partitions are pruned in a second, and their disk space is free at once. The table of today becomes the first
partition, for all times until the end of the next period, under a short exclusive lock. After an interruption, run
it again: it continues; or undo it with "webmacs db storage plain". Have cron run "webmacs db storage extend": a datapoint after the
last partition is refused.
`;

async function runPartition(
  ctx: Context,
  { every = 'month', ahead, ...options }: ChangeOptions & { every?: Period; ahead: number },
): Promise<void> {
  const pool = await poolFor(ctx, options);
  const before = await expectPartitionable(pool);
  const { form } = before;
  if (form !== 'plain' && !(await hasLeftovers(pool))) {
    const message = `Nothing to do: the datapoints are stored in ${formText(before)}.`;
    return await ctx.output.done(message, { changed: false, form });
  }
  if (options.dryRun && form !== 'plain') {
    return await ctx.output.done('Would remove what an interrupted conversion has left.', { changed: false, form });
  }
  if (options.dryRun) {
    const { upper } = await partitionPlan(pool, { period: every, ahead });
    const what = `Would make the table the first partition, for all times before ${upper}, and add ${counted(ahead, 'partition')} of a ${every}.`;
    return await ctx.output.done(what, { changed: false, form, upper });
  }
  const storage = await ctx.progress('Partitioning', async () =>
    partition(pool, { period: every, ahead, ...conversionOf(ctx, options) }),
  );
  await ctx.output.done(ctx.output.success(`The datapoints are stored in ${formText(storage)}.`), {
    changed: true,
    form: storage.form,
  });
}
