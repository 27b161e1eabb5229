import type { Command } from '../../../cli/command.ts';
import type { Context } from '../../../cli/context.ts';
import { wholeNumber } from '../../../cli/parse.ts';
import { counted } from '../../../cli/text.ts';
import { reading } from '../../../storage/conversion.ts';
import { AHEAD, extend, missingPartitions, namesOf } from '../../../storage/extend.ts';
import { PERIODS, type Period } from '../../../storage/periods.ts';
import { type ChangeOptions, changeOptions, conversionOf, poolFor, warnOfGaps } from './change.ts';

export function declareExtend(storage: Command, ctx: Context): void {
  storage
    .command('extend')
    .description('add the coming partitions')
    .option('--ahead <n>', 'how many partitions to have after the current period', wholeNumber, AHEAD)
    .choice('--every <period>', 'the time that a partition covers; default that of the last one', PERIODS)
    .with(changeOptions)
    .runs(ctx, runExtend)
    .note(
      'Also while "split", "plain" or "widen" runs, which find the new partitions. "webmacs db maintain" does it, too.',
    )
    .examples(['webmacs db storage extend'], ['webmacs db storage extend --ahead 12 -q', 'in cron']);
}

async function runExtend(
  ctx: Context,
  { every, ahead, ...options }: ChangeOptions & { every?: Period; ahead: number },
): Promise<void> {
  const pool = await poolFor(ctx, options);
  await warnOfGaps(ctx, pool);
  if (options.dryRun) {
    const names = namesOf(await reading(pool, (client) => missingPartitions(client, { ahead, period: every })));
    return await ctx.output.done(`Would add ${namedText(names)}.`, { would_add: names });
  }
  const added = await ctx.progress('Adding partitions', async () =>
    extend(pool, { ahead, period: every, ...conversionOf(ctx, options) }),
  );
  const message = added.length === 0 ? 'Nothing to add.' : ctx.output.success(`Added ${namedText(added)}.`);
  await ctx.output.done(message, { added });
}

function namedText(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : `${counted(names.length, 'partition')}: ${names.join(', ')}`;
}
