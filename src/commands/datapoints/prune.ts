import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { oldDatapoints } from '../../prune/plan.ts';
import { type PruneOptions, pruneOptions, runPrune } from '../standard/prune.ts';
import { selectionOf } from './noun.ts';

interface PruneDatapointsOptions extends PruneOptions {
  keepExperiments?: boolean;
  event?: string[];
}

export function declareDatapointsPrune(parent: Command, ctx: Context): void {
  parent
    .command('prune')
    .description('delete old datapoints in batches, without blocking other sessions')
    .option('--keep-experiments', 'keep those that belong to an experiment')
    .option('--event <event>', 'only this event; can be repeated', repeated)
    .runs(ctx, pruneDatapoints)
    .with(pruneOptions('minimum age of the measurement: 90d, 12h, 2w or P90D'))
    .examples(
      ['webmacs datapoints prune --older-than 90d --keep-experiments'],
      ['webmacs datapoints prune --older-than 1w --event "Air flow" --dry-run'],
    );
}

async function pruneDatapoints(ctx: Context, options: PruneDatapointsOptions): Promise<void> {
  const { keepExperiments = false, event = [] } = options;
  const selection = { keepExperiments, ...(await selectionOf(ctx, { event })) };
  await runPrune(
    ctx,
    {
      one: 'datapoint',
      many: 'datapoints',
      which: (before) => `measured before ${before}`,
      consequence: 'permanently',
      plan: (cutoff) => oldDatapoints(cutoff, selection),
    },
    options,
  );
}
