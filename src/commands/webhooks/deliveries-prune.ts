import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { DELIVERY_STATUSES } from '../../entities/index.ts';
import { oldDeliveries } from '../../prune/plan.ts';
import { defined } from '../../text/defined.ts';
import { type PruneOptions, pruneOptions, runPrune } from '../standard/prune.ts';

export function declareDeliveriesPrune(parent: Command, ctx: Context): void {
  parent
    .command('prune')
    .description('delete old deliveries in batches, without blocking other sessions')
    .choice('--status <status>', 'only deliveries with this status', DELIVERY_STATUSES)
    .runs(ctx, pruneDeliveries)
    .with(pruneOptions('minimum age: 90d, 12h, 30m or P90D'))
    .examples(
      ['webmacs webhooks deliveries prune --older-than 30d'],
      ['webmacs webhooks deliveries prune --older-than 7d --status delivered --dry-run'],
    );
}

async function pruneDeliveries(
  ctx: Context,
  options: PruneOptions & { status?: (typeof DELIVERY_STATUSES)[number] },
): Promise<void> {
  await runPrune(
    ctx,
    {
      one: 'delivery',
      many: 'deliveries',
      consequence: 'for good',
      plan: (cutoff) => oldDeliveries(cutoff, defined({ status: options.status })),
    },
    options,
  );
}
