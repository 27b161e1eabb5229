import { readFile } from 'node:fs/promises';
import type { Context } from '../../cli/context.ts';
import { readAll } from '../../cli/streams.ts';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import { capitalised } from './noun.ts';

/**
 * The first line of what `--NAME-stdin` or `--NAME-file` gives; undefined where neither is given.
 * @param name what it is, such as `token`
 * @throws InvalidInputError where both are given, NotFoundError for a file that cannot be read
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
    return firstLine(await readAll(ctx.streams.stdin));
  }
  return file === undefined ? undefined : firstLine(await readSecretFile(name, file));
}

/**
 * A secret from its options, or the answer to a question that does not show it.
 * @throws InvalidInputError naming the options, where there is no terminal; NotFoundError for a file that cannot be read
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

async function readSecretFile(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NotFoundError(`The ${name} file ${file} cannot be read.`, { cause });
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
