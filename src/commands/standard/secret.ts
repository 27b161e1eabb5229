import { readFile } from 'node:fs/promises';
import type { Context } from '../../cli/context.ts';
import { readAll } from '../../cli/streams.ts';
import { InvalidInputError, NotFoundError } from '../../errors.ts';

/**
 * The first line of what `--NAME-stdin` or `--NAME-file` gives, or the answer to a question that does not show it.
 * @param name what it is, such as `token`
 * @throws InvalidInputError naming the options, where there is no terminal; NotFoundError for a file that cannot be read
 */
export async function givenSecret(
  ctx: Context,
  name: string,
  stdin: boolean,
  file: string | undefined,
): Promise<string> {
  if (stdin && file !== undefined) {
    throw new InvalidInputError(`Give the ${name} one way only.`, { hint: `--${name}-stdin or --${name}-file.` });
  }
  if (stdin) {
    return firstLine(await readAll(ctx.streams.stdin));
  }
  if (file !== undefined) {
    return firstLine(
      await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new NotFoundError(`The ${name} file ${file} cannot be read.`, { cause });
      }),
    );
  }
  if (!ctx.prompts.canAsk) {
    throw new InvalidInputError(`Missing: the ${name}.`, {
      hint: `Use --${name}-stdin or --${name}-file FILE; never the command line itself.`,
    });
  }
  return await ctx.prompts.secret(`${name.charAt(0).toUpperCase()}${name.slice(1)}`);
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
