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
import { givenSecret, noteOnPlainHttp, type SecretOptions, secretOptions } from './secret.ts';

export interface CreateWebhookOptions extends CreateOptions, SecretOptions {
  url: string;
  event?: string[];
}

export function declareCreate(parent: Command, ctx: Context): void {
  const command = parent
    .command('create')
    .argument('<url>', 'where deliveries go, unique; https:// or http://')
    .description('subscribe a URL to events')
    .option('--event <type...>', `what it is told about: ${WEBHOOK_EVENT_TYPES.join(', ')}`);
  secretOptions(command)
    .option('--generate-secret', 'make a secret, and print it once; given none of these, WEBMACS_WEBHOOK_SECRET counts')
    .option(...IF_NOT_EXISTS)
    .action(async (url: string, options) => await subscribe(ctx, { url, ...options }));
  examples(
    command,
    ['webmacs webhooks create https://lab.org/hook --event sensor.threshold_exceeded --generate-secret'],
    ['webmacs webhooks create https://lab.org/hook', 'asks which events, and for a secret'],
    ['webmacs webhooks create https://lab.org/hook --event sensor.reading --secret-file s.txt --if-not-exists'],
  );
}

/** Makes a webhook and prints it; a generated secret is shown this once. */
export async function subscribe(ctx: Context, options: CreateWebhookOptions): Promise<void> {
  const url = checkUrl(options.url);
  let secrets: Record<string, string> = {};
  const insert = async () => {
    const events = options.event ?? (await ctx.prompts.several(EVENTS));
    events.forEach(webhookEventType);
    const given = (await givenSecret(ctx, options)) ?? (await askedSecret(ctx));
    const webhook = await createWebhook(
      await ctx.em(),
      { url, events, ...(given ? { secret: given.secret } : {}) },
      (await owner(ctx)).publicId,
    );
    secrets = given?.generated ? { secret: given.secret } : {};
    await noteOnPlainHttp(ctx, url, given?.secret);
    return webhook;
  };
  await createRow(ctx, WEBHOOKS, url, options, insert, () => secrets);
}

/** Somebody at a terminal may not know that deliveries can be signed; a script that gives no secret wants none. */
async function askedSecret(ctx: Context): Promise<{ secret: string; generated: boolean } | undefined> {
  if (!ctx.prompts.canAsk) {
    return undefined;
  }
  const { secret } = await ctx.prompts.missing({ secret: undefined }, { secret: SECRET });
  return secret === GENERATE ? { secret: generateSecret(), generated: true } : undefined;
}

const EVENTS = { option: '--event', ask: 'What is it told about?', choices: WEBHOOK_EVENT_TYPES };
const GENERATE = 'with a new secret, shown once';
const SECRET = { option: '--generate-secret', ask: 'Sign its deliveries', choices: [GENERATE, 'no'] };
