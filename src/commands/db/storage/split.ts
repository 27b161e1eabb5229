import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { counted, fileSize, listed } from '../../../cli/text.ts';
import { ConflictError, NotFoundError } from '../../../errors.ts';
import { alone } from '../../../storage/alone.ts';
import { reading } from '../../../storage/conversion.ts';
import { copyingIn, removeCopy } from '../../../storage/mirror.ts';
import { PERIODS, type Period } from '../../../storage/periods.ts';
import { isReplacing } from '../../../storage/replaced.ts';
import { split } from '../../../storage/split.ts';
import { type SplitPlan, splitPlan } from '../../../storage/split-plan.ts';
import { type ChangeOptions, changeOptions, conversionOf, poolFor, warnOfGaps } from './change.ts';

export function declareSplit(storage: Command, ctx: Context): void {
  storage
    .command('split')
    .description('split a partition into shorter ones, while it is used: the first, or the given one')
    .argument('[partition]', 'its name, as in "webmacs db storage status"')
    .choice('--every <period>', 'the time that each covers; default that of the last partition', PERIODS)
    .option('--undo', 'remove what an interrupted split has added')
    .with(changeOptions)
    .runs(ctx, runSplit)
    .note(SPLIT)
    .examples(
      ['webmacs db storage split --dry-run', 'the partitions, and the disk space that it needs'],
      ['webmacs db storage split'],
      ['webmacs db storage split datapoints_2026_11 --every week'],
    );
}

const SPLIT = `
"webmacs db storage partition" makes the table the first partition, with all times until then. This splits it into months, or weeks,
that "webmacs datapoints prune" drops in a second. Its rows are copied in batches, a trigger makes each change in the copy, too, and the
copies replace it under a short exclusive lock, once all rows were compared: no row is ever missing, or there twice. They then become
partitions of their own, some under each lock, so that others wait for a moment only, however many there are. It needs as much disk
space again until it has replaced the partition. It waits for transactions that are older than the copy, such as those of exports. After an
interruption, run it again: it continues. Months without rows are not split.
`;

async function runSplit(
  ctx: Context,
  partition: string | undefined,
  { every, undo = false, ...options }: ChangeOptions & { every?: Period; undo?: boolean },
): Promise<void> {
  const pool = await poolFor(ctx, options);
  const isLeft = await isReplacing(pool);
  if (undo) {
    if (isLeft) {
      throw new ConflictError('The new partitions have replaced the old one, so the split cannot be undone any more.', {
        hint: 'Finish it: webmacs db storage split. Or make one table of all: webmacs db storage plain',
      });
    }
    if (options.dryRun) {
      const isThere = (await reading(pool, copyingIn)) === 'split';
      return await ctx.output.done(isThere ? 'Would undo the split.' : 'Nothing to do.', { changed: false });
    }
    const changed = await ctx.progress('Removing', async () => removeCopy(pool, conversionOf(ctx, options), 'split'));
    return await ctx.output.done(changed ? ctx.output.success('The split is undone.') : 'Nothing to do.', { changed });
  }
  if (isLeft && !options.dryRun) {
    await alone(pool, conversionOf(ctx, options), async () => {});
  }
  const { leaf, pieces } = await reading(pool, (client) => splitPlan(client, { partition, period: every })).catch(
    (error): SplitPlan => {
      // It was the one whose split is finished.
      if (isLeft && error instanceof NotFoundError) {
        return { leaf: undefined, pieces: [] };
      }
      throw error;
    },
  );
  const names = pieces.map(({ name }) => name);
  const facts = { split: leaf?.leaf.name ?? null, into: names, needs_bytes: leaf?.bytes ?? 0 };
  await warnOfGaps(ctx, pool);
  if (!leaf) {
    const done = options.dryRun ? 'Would finish the interrupted split.' : ctx.output.success('The split is finished.');
    const changed = isLeft && !options.dryRun;
    return await ctx.output.done(isLeft ? done : 'Nothing to do.', { changed, ...facts });
  }
  const what = `${leaf.leaf.name} into ${counted(names.length, 'partition')}: ${listed(names)}`;
  if (options.dryRun) {
    const plan = `Would split ${what}. Until it is done, it needs ${fileSize(leaf.bytes)} of disk space more, as much as the partition has.`;
    return await ctx.output.done(plan, { changed: false, ...facts });
  }
  await ctx.output.say(`The copy of ${leaf.leaf.name} needs about ${fileSize(leaf.bytes)} of disk space.`);
  await ctx.progress('Splitting', async (show) =>
    split(pool, {
      partition,
      period: every,
      onRows: (rows) => show({ rows, totalRows: leaf.rows ?? undefined }),
      ...conversionOf(ctx, options),
    }),
  );
  await ctx.output.done(ctx.output.success(`Split ${what}.`), { changed: true, ...facts });
}
