import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { updateWebhook } from '../../webhooks/webhooks.ts';
import { changeOf, find, nameOf, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { WEBHOOKS } from './noun.ts';
import { noteOnPlainHttp } from './secret.ts';

export interface UpdateWebhookOptions {
  url?: string;
  event?: string[];
}

export function declareUpdate(parent: Command, ctx: Context): void {
  const command = parent
    .command('update')
    .argument('<webhook>', argumentHelp(WEBHOOKS))
    .description('change where a webhook goes, or what it is told about')
    .option('--url <url>', 'new URL')
    .option('--event <type...>', `all that it is told about from now on: ${WEBHOOK_EVENT_TYPES.join(', ')}`)
    .action(async (webhook: string, options) => await resubscribe(ctx, webhook, options));
  examples(
    command,
    ['webmacs webhooks update https://lab.org/hook --url https://new.lab.org/hook'],
    ['webmacs webhooks update 0198c2aa --event experiment.started experiment.stopped'],
  );
}

export async function resubscribe(ctx: Context, given: string, options: UpdateWebhookOptions): Promise<void> {
  const change = changeOf<{ url: string; events: readonly string[] }>(
    { url: options.url, events: options.event },
    '--url or --event',
  );
  const webhook = await updateWebhook(await ctx.em(), await find(ctx, WEBHOOKS, given), change);
  await noteOnPlainHttp(ctx, webhook.url, webhook.secret);
  await ctx.output.changed(
    ctx.output.success(`Webhook ${quoted(nameOf(WEBHOOKS, webhook))} changed.`),
    await rowOf(ctx, WEBHOOKS, webhook),
  );
}
