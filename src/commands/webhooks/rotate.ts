import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { examples } from '../../cli/examples.ts';
import { quoted } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { generateSecret } from '../../webhooks/secret.ts';
import { setSecret } from '../../webhooks/webhooks.ts';
import { find, nameOf, rowOf } from '../standard/noun.ts';
import { argumentHelp } from '../standard/show.ts';
import { WEBHOOKS } from './noun.ts';
import { givenSecret, noteOnPlainHttp, type SecretOptions, secretOptions } from './secret.ts';

export interface RotateOptions extends SecretOptions {
  rotate?: boolean;
  remove?: boolean;
}

export function declareSecret(parent: Command, ctx: Context): void {
  const command = parent
    .command('secret')
    .argument('<webhook>', argumentHelp(WEBHOOKS))
    .description('give a webhook another secret, which its receiver must know from then on')
    .option('--rotate', 'make a new one, and print it once');
  secretOptions(command)
    .option('--remove', 'sign no more')
    .action(async (webhook: string, options) => await changeSecret(ctx, webhook, options));
  examples(
    command,
    ['webmacs webhooks secret https://lab.org/hook --rotate'],
    ['pass show lab/hook | webmacs webhooks secret https://lab.org/hook --secret-stdin'],
  );
}

/** Changes the secret of a webhook; a generated one is shown this once. */
export async function changeSecret(ctx: Context, given: string, options: RotateOptions): Promise<void> {
  const webhook = await find(ctx, WEBHOOKS, given);
  const { secret, generated } = await newSecret(ctx, options);
  await setSecret(await ctx.em(), webhook, secret);
  webhook.secret = secret;
  await noteOnPlainHttp(ctx, webhook.url, secret);
  const done = secret === null ? 'removed: its deliveries are not signed any more' : 'changed';
  const message = `Secret of webhook ${quoted(nameOf(WEBHOOKS, webhook))} ${done}.`;
  const secrets: Record<string, string> = generated && secret !== null ? { secret } : {};
  await ctx.output.changed(ctx.output.success(message), await rowOf(ctx, WEBHOOKS, webhook), secrets);
}

async function newSecret(
  ctx: Context,
  { rotate = false, remove = false, ...options }: RotateOptions,
): Promise<{ secret: string | null; generated: boolean }> {
  const reads = options.secretStdin === true || options.secretFile !== undefined;
  if (remove && (rotate || reads)) {
    throw new InvalidInputError('A secret that is removed cannot be given too.', { hint: 'Leave out --remove.' });
  }
  if (remove) {
    return { secret: null, generated: false };
  }
  // An environment that happens to have one is not enough to change what is stored.
  const given = reads ? await givenSecret(ctx, options) : undefined;
  if (given) {
    return given;
  }
  if (!rotate) {
    throw new InvalidInputError('Missing: what is to become of the secret.', {
      hint: '--rotate makes a new one; --secret-stdin or --secret-file FILE give one; --remove signs no more.',
    });
  }
  return { secret: generateSecret(), generated: true };
}
