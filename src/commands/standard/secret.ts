import { readFile } from 'node:fs/promises';
import type { Context } from '../../cli/context.ts';
import { readAll } from '../../cli/streams.ts';
import { NotFoundError } from '../../errors.ts';

/**
 * A secret from the first line of standard input or of a file, whichever is asked for.
 * @param what what it is called, such as `password`
 * @throws NotFoundError for a file that cannot be read
 */
export async function secretFrom(
  ctx: Context,
  what: string,
  { stdin, file }: { stdin?: boolean | undefined; file?: string | undefined },
): Promise<string | undefined> {
  if (stdin) {
    return firstLine(await readAll(ctx.streams.stdin));
  }
  return file === undefined ? undefined : firstLine(await readSecretFile(what, file));
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

async function readSecretFile(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new NotFoundError(`The ${what} file ${file} cannot be read.`, { cause });
  }
}
