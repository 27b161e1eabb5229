import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { checkSecret, generateSecret } from '../../webhooks/secret.ts';
import { secretFrom, secretFromEnvironment } from '../standard/secret.ts';

/** The ways to give a webhook's secret; none of them shows it to other users of the machine. */
export interface SecretOptions {
  secretStdin?: boolean;
  secretFile?: string;
  generateSecret?: boolean;
}

/** Declares the options that read a secret. */
export function secretOptions(command: Command): Command {
  return command
    .option('--secret-stdin', 'read the secret from standard input')
    .option('--secret-file <file>', 'read the secret from the first line of a file');
}

/**
 * The secret from an option, made up, or from WEBMACS_WEBHOOK_SECRET, where one is given; `generated` when it has to be
 * shown.
 * @throws InvalidInputError
 */
export async function givenSecret(
  ctx: Context,
  options: SecretOptions,
): Promise<{ secret: string; generated: boolean } | undefined> {
  const { secretStdin, secretFile } = options;
  if ([secretStdin, secretFile !== undefined, options.generateSecret].filter(Boolean).length > 1) {
    throw new InvalidInputError('Give the secret one way only.', {
      hint: '--secret-stdin, --secret-file or --generate-secret.',
    });
  }
  if (options.generateSecret) {
    return { secret: generateSecret(), generated: true };
  }
  const read = await secretFrom(ctx, 'secret', { stdin: secretStdin, file: secretFile });
  const secret = read ?? secretFromEnvironment(ctx, 'WEBMACS_WEBHOOK_SECRET');
  return secret === undefined ? undefined : { secret: checkSecret(secret), generated: false };
}

/** Says, where it is so, that what is signed can still be read on the way. */
export async function noteOnPlainHttp(ctx: Context, url: string, secret: string | null | undefined): Promise<void> {
  const note = plainHttpNote(url, secret);
  if (note) {
    await ctx.output.say(`${ctx.output.style.yellow('note:')} ${note}`);
  }
}

export function plainHttpNote(url: string, secret: string | null | undefined): string | undefined {
  return secret && url.startsWith('http:')
    ? 'over http:// deliveries are signed, but not encrypted: anybody on the way can read them. Prefer https://.'
    : undefined;
}
