import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { generateSecret } from '../../webhooks/secret.ts';
import { checkUrl } from '../../webhooks/url.ts';
import { createWebhook, webhookEventType } from '../../webhooks/webhooks.ts';
import { type CreateOptions, createRow, IF_NOT_EXISTS } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { WEBHOOKS } from './noun.ts';
import { givenSecret, type SecretOptions, secretOptions, warnOfPlainHttp } from './secret-options.ts';

export interface CreateWebhookOptions extends CreateOptions, SecretOptions {
  url: string;
  event?: string[];
}

export function declareCreate(parent: Command, ctx: Context): void {
  const command = parent
    .command('create')
    .argument('<url>', 'where to send deliveries; unique, https:// or http://')
    .description('subscribe a URL to events')
    .option('--event <type...>', `events to subscribe to: ${WEBHOOK_EVENT_TYPES.join(', ')}`);
  secretOptions(command)
    .option('--generate-secret', 'generate a secret and print it once; without these options, WEBMACS_WEBHOOK_SECRET')
    .option(...IF_NOT_EXISTS)
    .action(async (url: string, options) => await subscribe(ctx, { url, ...options }));
  examples(
    command,
    ['webmacs webhooks create https://lab.org/hook --event sensor.threshold_exceeded --generate-secret'],
    ['webmacs webhooks create https://lab.org/hook', 'asks for the events and a secret'],
    ['webmacs webhooks create https://lab.org/hook --event sensor.reading --secret-file s.txt --if-not-exists'],
  );
}

/** Creates a webhook and prints it; a generated secret is printed only now. */
export async function subscribe(ctx: Context, options: CreateWebhookOptions): Promise<void> {
  const url = checkUrl(options.url);
  let secrets: Record<string, string> = {};
  const insert = async () => {
    const events = options.event ?? (await ctx.prompts.several(EVENTS));
    events.forEach(webhookEventType);
    const given = (await givenSecret(ctx, options)) ?? (await askSecret(ctx));
    const values = { url, events, secret: given?.secret };
    const webhook = await createWebhook(await ctx.em(), values, (await owner(ctx)).publicId);
    secrets = given?.generated ? { secret: given.secret } : {};
    await warnOfPlainHttp(ctx, url, given?.secret);
    return webhook;
  };
  await createRow(ctx, WEBHOOKS, url, options, insert, () => secrets);
}

/** Offers to generate a secret, unless run from a script. */
async function askSecret(ctx: Context): Promise<{ secret: string; generated: boolean } | undefined> {
  if (!ctx.prompts.canAsk) {
    return undefined;
  }
  const { secret } = await ctx.prompts.missing({ secret: undefined }, { secret: SECRET });
  return secret === GENERATE ? { secret: generateSecret(), generated: true } : undefined;
}

const EVENTS = { option: '--event', ask: 'Which events?', choices: WEBHOOK_EVENT_TYPES };
const GENERATE = 'yes, generate a secret and print it once';
const SECRET = { option: '--generate-secret', ask: 'Sign deliveries?', choices: [GENERATE, 'no'] };
