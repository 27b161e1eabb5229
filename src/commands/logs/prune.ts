import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { oldLogs } from '../../prune/plan.ts';
import { defined } from '../../text/defined.ts';
import { type PruneOptions, pruneOptions, runPrune } from '../standard/prune.ts';
import { type KindOptions, kindOptions } from './noun.ts';

export function declareLogsPrune(parent: Command, ctx: Context): void {
  parent
    .command('prune')
    .description('delete old entries in batches, without blocking other sessions')
    .runs(ctx, pruneLogs)
    .with(kindOptions)
    .with(pruneOptions('minimum age: 90d, 12h, 2w or P90D'))
    .examples(
      ['webmacs logs prune --older-than 90d'],
      ['webmacs logs prune --older-than 7d --type info --status read --dry-run'],
    );
}

async function pruneLogs(ctx: Context, options: PruneOptions & KindOptions): Promise<void> {
  const kind = defined({ loggingType: options.type, statusType: options.status });
  await runPrune(
    ctx,
    {
      one: 'log entry',
      many: 'log entries',
      which: (before) => `written before ${before}`,
      consequence: 'permanently',
      plan: (cutoff) => oldLogs(cutoff, kind),
    },
    options,
  );
}
