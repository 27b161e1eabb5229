import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { updateWebhook } from '../../webhooks/webhooks.ts';
import { declareDelete } from '../standard/delete.ts';
import { declareList } from '../standard/list.ts';
import { find } from '../standard/noun.ts';
import { declareShow, printRow } from '../standard/show.ts';
import { declareSwitch } from '../standard/switch.ts';
import { declareUpdate } from '../standard/update.ts';
import { declareCreate } from './create.ts';
import { declareDeliveries } from './deliveries.ts';
import { declareListen } from './listen.ts';
import { notAnEvent, WEBHOOKS } from './noun.ts';
import { declareRedeliver } from './redeliver.ts';
import { declareSecret } from './secret.ts';
import { warnOfPlainHttp } from './secret-options.ts';
import { declareTest } from './test.ts';
import { declareVerify } from './verify.ts';

export function declareWebhooks(parent: Command, ctx: Context): void {
  declareCreate(parent, ctx);
  declareList(parent, ctx, WEBHOOKS, {
    declare: (command) =>
      command.choice('--type <type>', 'only webhooks subscribed to this type', WEBHOOK_EVENT_TYPES).with(notAnEvent),
    examples: ['--type sensor.threshold_exceeded'],
    where: async (_ctx, { type }: { type?: string }) =>
      type === undefined ? {} : { events: { $like: `%"${type}"%` } },
  });
  declareShow(parent, ctx, WEBHOOKS).option('--show-secret', 'include the secret').runs(ctx, showWebhook);
  declareUpdate(parent, ctx, WEBHOOKS, {
    description: 'change the URL or the subscriptions of a webhook',
    declareOptions: (command) =>
      command
        .option('--url <url>', 'new URL')
        .choice('--type <type...>', 'types of the deliveries to subscribe to instead', WEBHOOK_EVENT_TYPES)
        .with(notAnEvent),
    examples: [
      ['webmacs webhooks update https://lab.org/hook --url https://new.lab.org/hook'],
      ['webmacs webhooks update 0198c2aa --type experiment.started experiment.stopped'],
    ],
    values: ({ url, type }: { url?: string; type?: string[] }) => ({ url, events: type }),
    given: '--url or --type',
    update: async (em, before, change: Partial<{ url: string; events: readonly string[] }>) => {
      const webhook = await updateWebhook(em, before, change);
      await warnOfPlainHttp(ctx, webhook.url, webhook.secret);
      return webhook;
    },
  });
  declareSwitch(parent, ctx, WEBHOOKS);
  declareSecret(parent, ctx);
  declareTest(parent, ctx);
  declareDeliveries(parent, ctx);
  declareRedeliver(parent, ctx);
  declareVerify(parent, ctx);
  declareListen(parent, ctx);
  declareDelete(parent, ctx, WEBHOOKS);
}

async function showWebhook(ctx: Context, given: string, { showSecret }: { showSecret?: boolean }): Promise<void> {
  const webhook = await find(ctx, WEBHOOKS, given);
  await printRow(ctx, WEBHOOKS, webhook, { more: showSecret ? { secret: webhook.secret } : {} });
}
