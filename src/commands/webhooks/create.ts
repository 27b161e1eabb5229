import type { EntityManager } from '@mikro-orm/postgresql';
import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import type { OwnerChange } from '../../domain/ownership.ts';
import { WEBHOOK_EVENT_TYPES } from '../../entities/index.ts';
import { generateSecret } from '../../webhooks/secret.ts';
import { checkUrl, maskedUrl } from '../../webhooks/url.ts';
import { createWebhook, eventTypesOf, setSecret, updateWebhook, type WebhookRow } from '../../webhooks/webhooks.ts';
import { confirmCreate } from '../standard/confirm-create.ts';
import { type CreateOptions, createOptions, createRow } from '../standard/create.ts';
import { owner } from '../standard/owner.ts';
import { notAnEvent, WEBHOOKS } from './noun.ts';
import { givenSecret, type SecretOptions, secretOptions, warnOfPlainHttp } from './secret-options.ts';

export function declareCreate(parent: Command, ctx: Context): void {
  parent
    .command('create')
    .argument('<url>', 'where to send deliveries; unique, https:// or http://')
    .description('subscribe a URL to deliveries')
    .choice('--type <type...>', 'types of the deliveries to subscribe to', WEBHOOK_EVENT_TYPES)
    .with(notAnEvent)
    .with(secretOptions)
    .option('--generate-secret', 'generate a secret and print it once; without these options, WEBMACS_WEBHOOK_SECRET')
    .with(createOptions)
    .runs(ctx, subscribe)
    .examples(
      ['webmacs webhooks create https://lab.org/hook --type sensor.threshold_exceeded --generate-secret'],
      ['webmacs webhooks create https://lab.org/hook', 'asks for the types and a secret'],
      ['webmacs webhooks create https://lab.org/hook --type sensor.reading --secret-file s.txt --if-not-exists'],
    );
}

/** Creates a webhook and prints it; a generated secret is printed only now. */
async function subscribe(
  ctx: Context,
  given: string,
  options: CreateOptions & SecretOptions & { type?: string[] },
): Promise<void> {
  const url = checkUrl(given);
  let secrets: Record<string, string> = {};
  const insert = async () => {
    const events = options.type ?? (await ctx.prompts.several(TYPES));
    const signing = (await givenSecret(ctx, options)) ?? (await askSecret(ctx));
    const values = { url, events, secret: signing?.secret };
    const { publicId, username } = await owner(ctx);
    const signed = signing ? 'yes' : 'no';
    await confirmCreate(ctx, WEBHOOKS, { url: maskedUrl(url), types: events.join(', '), signed, owner: username });
    const webhook = await createWebhook(await ctx.em(WEBHOOKS.entity), values, publicId);
    secrets = signing?.generated ? { secret: signing.secret } : {};
    await warnOfPlainHttp(ctx, url, signing?.secret);
    return webhook;
  };
  const asked = {
    values: async (webhook: WebhookRow) => ({
      events: sameTypes(eventTypesOf(webhook), options.type) ? undefined : JSON.stringify(options.type),
      secret: options.generateSecret ? undefined : (await givenSecret(ctx, options))?.secret,
    }),
    update: async (em: EntityManager, webhook: WebhookRow, change: { secret?: string } & OwnerChange) => {
      if (change.secret !== undefined) {
        await setSecret(em, webhook, change.secret);
      }
      await warnOfPlainHttp(ctx, url, change.secret ?? webhook.secret);
      return await updateWebhook(em, webhook, { events: options.type, userPublicId: change.userPublicId });
    },
  };
  await createRow(ctx, WEBHOOKS, url, options, insert, asked, () => secrets);
}

function sameTypes(existing: readonly string[], asked: readonly string[] = existing): boolean {
  return existing.every((type) => asked.includes(type)) && asked.every((type) => existing.includes(type));
}

/** Offers to generate a secret, unless run from a script. */
async function askSecret(ctx: Context): Promise<{ secret: string; generated: boolean } | undefined> {
  if (!ctx.prompts.canAsk) {
    return undefined;
  }
  const { secret } = await ctx.prompts.missing({}, { secret: SECRET });
  return secret === GENERATE ? { secret: generateSecret(), generated: true } : undefined;
}

const TYPES = { option: '--type', ask: 'Which types?', choices: WEBHOOK_EVENT_TYPES };
const GENERATE = 'yes, generate a secret and print it once';
const SECRET = { option: '--generate-secret', ask: 'Sign deliveries?', choices: [GENERATE, 'no'] };
