import { isUtf8 } from 'node:buffer';
import type { Context } from '../../cli/context.ts';
import { fileSize } from '../../cli/text.ts';
import { InvalidInputError } from '../../errors.ts';
import { openSource } from '../../ingest/source.ts';

/**
 * The text of a file, or of standard input for `-`.
 * @throws NotFoundError for a missing file; InvalidInputError for a directory, one that may not be read, more than
 * `maxBytes`, or what is no text in UTF-8
 */
export async function readText(ctx: Context, path: string, maxBytes: number): Promise<string> {
  const { stream } = await openSource(path, ctx.streams.stdin);
  const shown = path === '-' ? 'Standard input' : path;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream) {
    pieces.push(Buffer.from(piece));
    size += piece.length;
    if (size > maxBytes) {
      throw new InvalidInputError(`${shown} is too long: at most ${fileSize(maxBytes)}.`);
    }
  }
  const bytes = Buffer.concat(pieces);
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw new InvalidInputError(`${shown} is no text in UTF-8.`);
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
