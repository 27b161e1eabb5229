import type { Context } from '../../cli/context.ts';
import { InvalidInputError } from '../../errors.ts';
import { readText } from '../../files/input.ts';
import { capitalised } from './noun.ts';

/** Of the file that a secret is the first line of. */
const MAX_BYTES = 1_000_000;

/**
 * The first line of what `--NAME-stdin` or `--NAME-file` gives; undefined where neither is given.
 * @param name what it is, such as `token`
 * @throws InvalidInputError where both are given, or what is not text; NotFoundError for a missing file
 */
export async function secretFrom(
  ctx: Context,
  name: string,
  { stdin = false, file }: { stdin?: boolean | undefined; file?: string | undefined },
): Promise<string | undefined> {
  if (stdin && file !== undefined) {
    throw new InvalidInputError(`Give the ${name} one way only.`, { hint: `--${name}-stdin or --${name}-file.` });
  }
  if (stdin) {
    return firstLine(await readText('-', { maxBytes: MAX_BYTES, stdin: ctx.streams.stdin }));
  }
  return file === undefined ? undefined : firstLine(await readText(file, { maxBytes: MAX_BYTES }));
}

/**
 * The first line of an environment variable; undefined where there is none, or it is empty.
 * @throws InvalidInputError where it is not text
 */
export function secretFromEnvironment(ctx: Context, variable: string): string | undefined {
  const text = ctx.environment[variable] ?? '';
  // What Node puts for bytes that are not UTF-8.
  if (text.includes('\ufffd')) {
    throw new InvalidInputError(`${variable} is not valid UTF-8.`);
  }
  return firstLine(text.replace(/^\ufeff/, '')) || undefined;
}

/**
 * A secret from its options, or the answer to a question that does not show it.
 * @throws InvalidInputError naming the options, where there is no terminal; NotFoundError for a missing file
 */
export async function givenSecret(
  ctx: Context,
  name: string,
  options: { stdin?: boolean | undefined; file?: string | undefined },
): Promise<string> {
  const given = await secretFrom(ctx, name, options);
  if (given !== undefined) {
    return given;
  }
  if (!ctx.prompts.canAsk) {
    throw new InvalidInputError(`Missing: the ${name}.`, {
      hint: `Use --${name}-stdin or --${name}-file FILE; never the command line itself.`,
    });
  }
  return await ctx.prompts.secret(capitalised(name));
}

/** Without its line end; blanks are part of a secret. */
function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
