import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Context } from '../../../cli/context.ts';
import { InvalidInputError, NotFoundError } from '../../../errors.ts';
import { configJson, MAX_CONFIG_BYTES } from '../../../plugins/config-json.ts';

/**
 * The configuration in a file, or in standard input (`-`).
 * @throws InvalidInputError for what is no JSON object, or too large a one; NotFoundError
 */
export async function readConfig(ctx: Context, file: string): Promise<string> {
  const origin = file === '-' ? 'Standard input' : file;
  return configJson(await textOf(file === '-' ? ctx.streams.stdin : createReadStream(file), origin), origin);
}

/** Not more of it than can be a configuration. */
async function textOf(stream: Readable, origin: string): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of stream) {
      const bytes = Buffer.from(piece);
      pieces.push(bytes);
      length += bytes.length;
      if (length > MAX_CONFIG_BYTES) break;
    }
  } catch (cause) {
    throw new NotFoundError(`${origin} cannot be read.`, { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new InvalidInputError(`${origin} is not UTF-8.`, { cause });
  }
}
