import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { decompressed, decompressionFor } from '../files/decompress.ts';
import { openInput, streamFrom } from '../files/input.ts';
import type { ZipMember } from './zip.ts';

const PIECE_BYTES = 64 * 1024;

/** An open file to import from. */
export interface Source {
  /** Its bytes, decompressed. */
  stream: Readable;
  /** How many bytes of the file have been read: of a compressed one, before decompression. */
  position(): number;
}

/**
 * Opens a file, or standard input for `-`. By its name, `.gz` and `.zst` are decompressed, and a `.zip` is the file in it.
 * @throws NotFoundError for a missing file, InvalidInputError for a directory, an unreadable file, or an archive with other
 * than one file; the stream fails with InvalidInputError if the compressed data is corrupt or truncated
 */
export async function openSource(path: string, stdin: Readable): Promise<Source> {
  if (path === '-') {
    return { stream: stdin, position: () => 0 };
  }
  const { handle, stats } = await openInput(path, { hint: 'Use - to read standard input.' });
  const member = await memberOf(path, handle, stats);
  const file = streamFrom(handle, path, { highWaterMark: PIECE_BYTES, ...member?.range });
  const decompress = member?.unpack ?? decompressionFor(path);
  const stream = decompress ? Readable.from(decompressed(path, decompress(file)), { objectMode: false }) : file;
  // Even if reading has not started.
  stream.once('close', () => file.destroy());
  return { stream, position: () => file.bytesRead };
}

async function memberOf(path: string, handle: FileHandle, stats: Stats): Promise<ZipMember | undefined> {
  if (!/\.zip$/i.test(path)) {
    return undefined;
  }
  try {
    if (!stats.isFile()) {
      throw new InvalidInputError(`${path} is not a regular file, as a ZIP archive must be.`);
    }
    const { onlyMember } = await import('./zip.ts');
    return await onlyMember(handle, path);
  } catch (error) {
    await handle.close();
    throw error;
  }
}
