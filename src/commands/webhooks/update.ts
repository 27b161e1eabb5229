import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { updateWebhook } from '../../webhooks/webhooks.ts';
import { declareUpdate } from '../standard/update.ts';
import { WEBHOOKS } from './noun.ts';
import { warnOfPlainHttp } from './secret-options.ts';

export interface UpdateWebhookOptions {
  url?: string;
  event?: string[];
}

export function declareWebhookUpdate(parent: Command, ctx: Context): void {
  declareUpdate(parent, ctx, WEBHOOKS, {
    description: 'change the URL or the subscriptions of a webhook',
    declareOptions: (command) =>
      command
        .option('--url <url>', 'new URL')
        .option('--event <type...>', `events to subscribe to instead: ${WEBHOOK_EVENT_TYPES.join(', ')}`),
    examples: [
      ['webmacs webhooks update https://lab.org/hook --url https://new.lab.org/hook'],
      ['webmacs webhooks update 0198c2aa --event experiment.started experiment.stopped'],
    ],
    values: ({ url, event }: UpdateWebhookOptions) => ({ url, events: event }),
    given: '--url or --event',
    update: async (em, before, change: Partial<{ url: string; events: readonly string[] }>) => {
      const webhook = await updateWebhook(em, before, change);
      await warnOfPlainHttp(ctx, webhook.url, webhook.secret);
      return webhook;
    },
  });
}
