import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { find, rowOf } from '../standard/noun.ts';
import { declareShow } from '../standard/show.ts';
import { WEBHOOKS } from './noun.ts';

/** Declares `show`, the only command that prints a stored secret. */
export function declareShowWebhook(parent: Command, ctx: Context): void {
  declareShow(parent, ctx, WEBHOOKS).option('--show-secret', 'include the secret').runs(ctx, showWebhook);
}

async function showWebhook(ctx: Context, given: string, { showSecret }: { showSecret?: boolean }): Promise<void> {
  const webhook = await find(ctx, WEBHOOKS, given);
  await ctx.output.one({ ...(await rowOf(ctx, WEBHOOKS, webhook)), ...(showSecret && { secret: webhook.secret }) });
}
