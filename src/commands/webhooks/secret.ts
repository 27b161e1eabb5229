import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { quoted } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { generateSecret } from '../../webhooks/secret.ts';
import { setSecret } from '../../webhooks/webhooks.ts';
import { rowArgument } from '../standard/choices.ts';
import { find, nameOf, rowOf } from '../standard/noun.ts';
import { WEBHOOKS } from './noun.ts';
import { givenSecret, type SecretOptions, secretOptions, warnOfPlainHttp } from './secret-options.ts';

interface RotateOptions extends SecretOptions {
  rotate?: boolean;
  remove?: boolean;
}

export function declareSecret(parent: Command, ctx: Context): void {
  parent
    .command('secret')
    .addArgument(rowArgument(ctx, WEBHOOKS))
    .description('change the secret of a webhook; its receiver needs the new one')
    .option('--rotate', 'generate a new secret and print it once')
    .with(secretOptions)
    .option('--remove', 'remove the secret and stop signing')
    .runs(ctx, changeSecret)
    .examples(
      ['webmacs webhooks secret https://lab.org/hook --rotate'],
      ['pass show lab/hook | webmacs webhooks secret https://lab.org/hook --secret-stdin'],
    );
}

/** Changes the secret of a webhook; a generated one is printed only now. */
async function changeSecret(ctx: Context, given: string, options: RotateOptions): Promise<void> {
  const webhook = await find(ctx, WEBHOOKS, given);
  const { secret, generated } = await newSecret(ctx, options);
  await setSecret(await ctx.em(WEBHOOKS.entity), webhook, secret);
  webhook.secret = secret;
  await warnOfPlainHttp(ctx, webhook.url, secret);
  const done = secret === null ? 'removed: its deliveries are no longer signed' : 'changed';
  const message = `Secret of webhook ${quoted(nameOf(WEBHOOKS, webhook))} ${done}.`;
  const secrets: Record<string, string> = generated && secret !== null ? { secret } : {};
  await ctx.output.changed(ctx.output.success(message), await rowOf(ctx, WEBHOOKS, webhook), secrets);
}

async function newSecret(
  ctx: Context,
  { rotate = false, remove = false, ...options }: RotateOptions,
): Promise<{ secret: string | null; generated: boolean }> {
  const isRead = options.secretStdin === true || options.secretFile !== undefined;
  if (remove && (rotate || isRead)) {
    throw new InvalidInputError('--remove cannot be combined with a new secret.', {
      hint: 'Drop --remove to set one.',
    });
  }
  if (remove) {
    return { secret: null, generated: false };
  }
  // A secret in the environment alone does not change the stored one.
  const given = isRead ? await givenSecret(ctx, options) : undefined;
  if (given) {
    return given;
  }
  if (!rotate) {
    throw new InvalidInputError('Missing: --rotate, --secret-stdin, --secret-file or --remove.', {
      hint: 'Choose one: --rotate generates a new secret, --remove stops signing.',
    });
  }
  return { secret: generateSecret(), generated: true };
}
