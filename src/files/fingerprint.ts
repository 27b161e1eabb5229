import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { openInput, tooLarge } from './input.ts';

/** What identifies a file's content, and where it lies. */
export interface Fingerprint {
  /** Absolute. */
  path: string;
  bytes: number;
  /** In hexadecimal digits. */
  sha256: string;
}

/**
 * Reads a file once, piece by piece, and says where it is, how large, and its SHA-256.
 * @param maxBytes how large it may be
 * @param signal ends the reading
 * @throws NotFoundError for a missing file; InvalidInputError for what is not a regular file, one that may not be read,
 * one that is too large, or one that changes meanwhile
 */
export async function fingerprint(path: string, maxBytes: number, signal?: AbortSignal): Promise<Fingerprint> {
  const {
    handle,
    stats: { size },
  } = await openInput(path, { regular: true });
  if (size > maxBytes) {
    await handle.close();
    throw tooLarge(path, maxBytes);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of handle.createReadStream({ highWaterMark: 1024 * 1024, ...(signal ? { signal } : {}) })) {
    hash.update(piece);
    bytes += piece.length;
  }
  if (bytes !== size) {
    throw new InvalidInputError(`${path} changed while it was read.`, { hint: 'Wait until it is complete.' });
  }
  return { path: resolve(path), bytes, sha256: hash.digest('hex') };
}
