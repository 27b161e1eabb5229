import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { generateSecret } from '../../webhooks/secret.ts';
import { checkUrl } from '../../webhooks/url.ts';
import { createWebhook, webhookEventType } from '../../webhooks/webhooks.ts';
import { type CreateOptions, createRow, IF_NOT_EXISTS } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { WEBHOOKS } from './noun.ts';
import { givenSecret, type SecretOptions, secretOptions, warnOfPlainHttp } from './secret-options.ts';

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<url>', 'where to send deliveries; unique, https:// or http://')
    .description('subscribe a URL to events')
    .option('--event <type...>', `events to subscribe to: ${WEBHOOK_EVENT_TYPES.join(', ')}`)
    .with(secretOptions)
    .option('--generate-secret', 'generate a secret and print it once; without these options, WEBMACS_WEBHOOK_SECRET')
    .option(...IF_NOT_EXISTS)
    .runs(ctx, subscribe)
    .examples(
      ['webmacs webhooks create https://lab.org/hook --event sensor.threshold_exceeded --generate-secret'],
      ['webmacs webhooks create https://lab.org/hook', 'asks for the events and a secret'],
      ['webmacs webhooks create https://lab.org/hook --event sensor.reading --secret-file s.txt --if-not-exists'],
    );
}

/** Creates a webhook and prints it; a generated secret is printed only now. */
async function subscribe(
  ctx: Context,
  given: string,
  options: CreateOptions & SecretOptions & { event?: string[] },
): Promise<void> {
  const url = checkUrl(given);
  let secrets: Record<string, string> = {};
  const insert = async () => {
    const events = options.event ?? (await ctx.prompts.several(EVENTS));
    events.forEach(webhookEventType);
    const signing = (await givenSecret(ctx, options)) ?? (await askSecret(ctx));
    const values = { url, events, secret: signing?.secret };
    const webhook = await createWebhook(await ctx.em(WEBHOOKS.entity), values, (await owner(ctx)).publicId);
    secrets = signing?.generated ? { secret: signing.secret } : {};
    await warnOfPlainHttp(ctx, url, signing?.secret);
    return webhook;
  };
  await createRow(ctx, WEBHOOKS, url, options, insert, () => secrets);
}

/** Offers to generate a secret, unless run from a script. */
async function askSecret(ctx: Context): Promise<{ secret: string; generated: boolean } | undefined> {
  if (!ctx.prompts.canAsk) {
    return undefined;
  }
  const { secret } = await ctx.prompts.missing({}, { secret: SECRET });
  return secret === GENERATE ? { secret: generateSecret(), generated: true } : undefined;
}

const EVENTS = { option: '--event', ask: 'Which events?', choices: WEBHOOK_EVENT_TYPES };
const GENERATE = 'yes, generate a secret and print it once';
const SECRET = { option: '--generate-secret', ask: 'Sign deliveries?', choices: [GENERATE, 'no'] };
