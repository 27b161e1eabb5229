import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { openInput, streamFrom, tooLarge } from './input.ts';

/** The path of a file and what identifies its content. */
export interface Fingerprint {
  /** Absolute. */
  path: string;
  bytes: number;
  /** In lowercase hex. */
  sha256: string;
}

/**
 * Reads a file once, piece by piece, and returns its path, size and SHA-256.
 * @param maxBytes the maximum size
 * @param signal stops reading
 * @param use gets the pieces, and reads all of them
 * @throws NotFoundError for a missing file; InvalidInputError for a file that is not regular, not readable, too large, or
 * changed while it is being read
 */
export async function fingerprint(
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
  use: (pieces: AsyncIterable<Buffer>) => Promise<void> = readAll,
): Promise<Fingerprint> {
  const { handle, stats } = await openInput(path, { regular: true });
  if (stats.size > maxBytes) {
    await handle.close();
    throw tooLarge(path, maxBytes);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of streamFrom(handle, path, { highWaterMark: 1024 * 1024, signal })) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
  };
  await use(pieces());
  if (bytes !== stats.size) {
    throw new InvalidInputError(`${path} changed while it was being read.`, { hint: 'Wait until it is complete.' });
  }
  return { path: resolve(path), bytes, sha256: hash.digest('hex') };
}

async function readAll(pieces: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of pieces) {
    // Only the hash is needed.
  }
}
