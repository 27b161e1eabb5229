import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { DELIVERY_STATUSES } from '../../entities/index.ts';
import { oldDeliveries } from '../../prune/plan.ts';
import { defined } from '../../text/defined.ts';
import type { DeliveryRow } from '../../webhooks/deliveries.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList, type Filter } from '../standard/list.ts';
import { argumentHelp, find } from '../standard/noun.ts';
import { type PruneOptions, pruneOptions, runPrune } from '../standard/prune.ts';
import { declareShow } from '../standard/show.ts';
import { DELIVERIES, WEBHOOKS } from './noun.ts';

/** Declares the commands for recorded deliveries; `deliveries WEBHOOK` lists those of one webhook. */
export function declareDeliveries(parent: Command, ctx: Context): void {
  const deliveries = parent
    .command('deliveries')
    .argument('[webhook]', argumentHelp(WEBHOOKS))
    .usage('[webhook] [--status <status>] | <command>')
    .description('recorded deliveries and their outcome')
    .examples(
      ['webmacs webhooks deliveries https://lab.org/hook', 'of one webhook, newest first'],
      ['webmacs webhooks deliveries --status dead_letter', 'dead letters of all webhooks'],
      ['webmacs webhooks deliveries show 0198c2aa', 'one delivery with its payload'],
    );
  declareList(deliveries, ctx, DELIVERIES, OF_WEBHOOK);
  declareShow(deliveries, ctx, DELIVERIES);
  declareDelete(deliveries, ctx, DELIVERIES);
  declarePrune(deliveries, ctx);
}

const OF_WEBHOOK: Filter<DeliveryRow, { status?: DeliveryRow['status'] }> = {
  isDefault: true,
  declare: (command) =>
    command
      .argument('[webhook]', argumentHelp(WEBHOOKS))
      .choice('--status <status>', 'only deliveries with this status', DELIVERY_STATUSES),
  examples: ['--status dead_letter'],
  where: async (ctx, { status }, [webhook]) =>
    defined({ webhook: webhook === undefined ? undefined : (await find(ctx, WEBHOOKS, webhook)).id, status }),
};

function declarePrune(parent: Command, ctx: Context): void {
  parent
    .command('prune')
    .description('delete old deliveries in batches, without blocking other sessions')
    .choice('--status <status>', 'only deliveries with this status', DELIVERY_STATUSES)
    .runs(ctx, pruneDeliveries)
    .with(pruneOptions('minimum age: 90d, 12h, 2w or P90D'))
    .examples(
      ['webmacs webhooks deliveries prune --older-than 30d'],
      ['webmacs webhooks deliveries prune --older-than 7d --status delivered --dry-run'],
    );
}

async function pruneDeliveries(
  ctx: Context,
  options: PruneOptions & { status?: DeliveryRow['status'] },
): Promise<void> {
  await runPrune(
    ctx,
    {
      one: 'delivery',
      many: 'deliveries',
      which: (before) => `created before ${before}`,
      consequence: 'for good',
      plan: (cutoff) => oldDeliveries(cutoff, defined({ status: options.status })),
    },
    options,
  );
}
