import { Option } from 'commander';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { declareSwitch, type SwitchFilter, switchFilter, switchOptions } from '../standard/switch.ts';
import { declareCreate } from './create.ts';
import { declareDeliveries } from './deliveries.ts';
import { declareListen } from './listen.ts';
import { WEBHOOKS } from './noun.ts';
import { declareRedeliver } from './redeliver.ts';
import { declareSecret } from './secret.ts';
import { declareShowWebhook } from './show.ts';
import { declareTest } from './test.ts';
import { declareWebhookUpdate } from './update.ts';
import { declareVerify } from './verify.ts';

/** Declares the commands for webhooks. */
export function declareWebhooks(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, WEBHOOKS, {
    declare: (command) => {
      const event = new Option('--event <type>', 'only webhooks subscribed to this event');
      switchOptions(command.addOption(event.choices([...WEBHOOK_EVENT_TYPES])));
    },
    where: async (_ctx, { event, ...use }: SwitchFilter & { event?: string }) => ({
      ...(event !== undefined && { events: { $like: `%"${event}"%` } }),
      ...switchFilter(use),
    }),
  });
  declareShowWebhook(parent, ctx);
  declareWebhookUpdate(parent, ctx);
  declareSwitch(parent, ctx, WEBHOOKS);
  declareSecret(parent, ctx);
  declareTest(parent, ctx);
  declareDeliveries(parent, ctx);
  declareRedeliver(parent, ctx);
  declareVerify(parent, ctx);
  declareListen(parent, ctx);
  declareDelete(parent, ctx, WEBHOOKS);
}
