import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { readText } from '../../files/input.ts';

/** The maximum size of a file with a secret. */
const MAX_BYTES = 1_000_000;

/** The options `--NAME-stdin` and `--NAME-file` of a secret. */
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
  if (stdin) {
    return firstLine(await readText('-', { maxBytes: MAX_BYTES, stdin: ctx.streams.stdin }));
  }
  return file === undefined ? undefined : firstLine(await readText(file, { maxBytes: MAX_BYTES }));
}

/**
 * Reads a secret, the first line, from an environment variable; undefined if it is not set or empty.
 * @throws InvalidInputError if it is not text
 */
export function secretFromEnvironment(ctx: Context, variable: string): string | undefined {
  const text = ctx.environment[variable] ?? '';
  // Node replaces bytes that are not UTF-8.
  if (text.includes('\ufffd')) {
    throw new InvalidInputError(`${variable} is not valid UTF-8.`);
  }
  return firstLine(text.replace(/^\ufeff/, '')) || undefined;
}

/** Blanks are part of a secret. */
function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
