import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { DELIVERY_STATUSES } from '../../entities/index.ts';
import { defined } from '../../text/defined.ts';
import type { DeliveryRow } from '../../webhooks/deliveries.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList, type Filter } from '../standard/list.ts';
import { argumentHelp, find } from '../standard/noun.ts';
import { declareShow } from '../standard/show.ts';
import { declareDeliveriesPrune } from './deliveries-prune.ts';
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
  declareDeliveriesPrune(deliveries, ctx);
}

const OF_WEBHOOK: Filter<DeliveryRow, { status?: DeliveryRow['status'] }> = {
  isDefault: true,
  declare: (command) =>
    command
      .argument('[webhook]', argumentHelp(WEBHOOKS))
      .choice('--status <status>', 'only deliveries with this status', DELIVERY_STATUSES),
  where: async (ctx, { status }, [webhook]) =>
    defined({ webhook: webhook === undefined ? undefined : (await find(ctx, WEBHOOKS, webhook)).id, status }),
};
