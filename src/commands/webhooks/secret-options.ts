import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { checkSecret, generateSecret } from '../../webhooks/secret.ts';
import { secretFrom, secretFromEnvironment } from '../standard/secret.ts';

/** Options for the secret of a webhook; none of them reveals it to other users of the machine. */
export interface SecretOptions {
  secretStdin?: boolean;
  secretFile?: string;
  generateSecret?: boolean;
}

export function secretOptions(command: Command): Command {
  return command
    .option('--secret-stdin', 'read the secret from standard input')
    .option('--secret-file <file>', 'read the secret from the first line of a file');
}

/**
 * Returns the secret, if any: from an option, generated, or from WEBMACS_WEBHOOK_SECRET. A generated one has to be printed.
 * @throws InvalidInputError
 */
export async function givenSecret(
  ctx: Context,
  options: SecretOptions,
): Promise<{ secret: string; generated: boolean } | undefined> {
  const { secretStdin, secretFile } = options;
  if ([secretStdin, secretFile !== undefined, options.generateSecret].filter(Boolean).length > 1) {
    throw new InvalidInputError('The secret is given in more than one way.', {
      hint: 'Use only one of --secret-stdin, --secret-file and --generate-secret.',
    });
  }
  if (options.generateSecret) {
    return { secret: generateSecret(), generated: true };
  }
  const read = await secretFrom(ctx, 'secret', { stdin: secretStdin, file: secretFile });
  const secret = read ?? secretFromEnvironment(ctx, 'WEBMACS_WEBHOOK_SECRET');
  return secret === undefined ? undefined : { secret: checkSecret(secret), generated: false };
}

/** Prints a note if deliveries are signed, but not encrypted. */
export async function warnOfPlainHttp(ctx: Context, url: string, secret: string | null | undefined): Promise<void> {
  const note = plainHttpNote(url, secret);
  if (note) {
    await ctx.output.note(note);
  }
}

export function plainHttpNote(url: string, secret: string | null | undefined): string | undefined {
  return secret && url.startsWith('http:')
    ? 'over http://, deliveries are signed but not encrypted: anyone on the network can read them. Prefer https://.'
    : undefined;
}
