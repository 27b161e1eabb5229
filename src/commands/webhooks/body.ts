import { createReadStream } from 'node:fs';
import type { Context } from '../../cli/context.ts';
import { InvalidInputError, NotFoundError } from '../../errors.ts';
import { MAX_PAYLOAD_BYTES } from '../../webhooks/envelope.ts';

/**
 * The bytes of a file, or of standard input for `-`.
 * @throws NotFoundError for a file that cannot be read, InvalidInputError for more than 1 MB
 */
export async function bodyBytes(ctx: Context, file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? ctx.streams.stdin : createReadStream(file)) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes > MAX_PAYLOAD_BYTES) {
        throw new InvalidInputError(`${named(file)} is too large: at most 1 MB.`);
      }
    }
  } catch (cause) {
    if (cause instanceof InvalidInputError) {
      throw cause;
    }
    throw new NotFoundError(`${named(file)} cannot be read.`, { cause });
  }
  return Buffer.concat(chunks);
}

function named(file: string): string {
  return file === '-' ? 'Standard input' : `The file ${file}`;
}
