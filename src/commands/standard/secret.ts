import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { readText } from '../../files/input.ts';
import { secretOf } from '../../text/secret.ts';

const MAX_BYTES = 1_000_000;

interface SecretOptions {
  stdin?: boolean | undefined;
  file?: string | undefined;
}

/**
 * Reads a secret, the first line, from `--NAME-stdin` or `--NAME-file`; undefined if neither is given.
 * @param name such as `token`
 * @throws InvalidInputError if both are given, or for input that is not text; NotFoundError for a missing file
 */
export async function secretFrom(
  ctx: Context,
  name: string,
  { stdin = false, file }: SecretOptions,
): Promise<string | undefined> {
  if (stdin && file !== undefined) {
    throw new InvalidInputError(`Pass the ${name} in only one way.`, {
      hint: `Use --${name}-stdin or --${name}-file.`,
    });
  }
  if (!stdin && file === undefined) {
    return undefined;
  }
  const path = file ?? '-';
  const text = await readText(path, { maxBytes: MAX_BYTES, ...(stdin ? { stdin: ctx.streams.stdin } : {}) });
  const [line = ''] = text.split(/\r\n?|\n/, 1);
  return secretOf(line, stdin ? 'Standard input' : path);
}

/**
 * Reads a secret from an environment variable; undefined if it is not set or empty.
 * @throws InvalidInputError if it is not one line of text
 */
export function secretFromEnvironment(ctx: Context, variable: string): string | undefined {
  return secretOf(ctx.environment[variable] ?? '', variable) || undefined;
}
