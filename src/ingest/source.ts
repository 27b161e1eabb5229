import { Readable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { openInput, streamFrom } from '../files/input.ts';
import { decompressionFor } from './decompress.ts';

const PIECE_BYTES = 64 * 1024;

/** An open file to import from. */
export interface Source {
  /** Its bytes, decompressed. */
  stream: Readable;
  /** The size of the file on disk, in bytes; `undefined` for standard input, pipes and devices. */
  size: number | undefined;
  /** How many of these bytes have been read. */
  position(): number;
}

/**
 * Opens a file, or standard input for `-`. A name ending in `.gz` or `.zst` is decompressed.
 * @throws NotFoundError for a missing file, InvalidInputError for a directory or an unreadable file; the stream fails with
 * InvalidInputError if the compressed data is corrupt or truncated
 */
export async function openSource(path: string, stdin: Readable): Promise<Source> {
  if (path === '-') {
    return { stream: stdin, size: undefined, position: () => 0 };
  }
  const { handle, stats } = await openInput(path, { hint: 'Use - to read standard input.' });
  const file = streamFrom(handle, path, { highWaterMark: PIECE_BYTES });
  const decompress = decompressionFor(path);
  const stream = decompress ? Readable.from(decompressed(path, decompress(file)), { objectMode: false }) : file;
  // Even if reading has not started.
  stream.once('close', () => file.destroy());
  return {
    stream,
    size: stats.isFile() ? stats.size : undefined,
    position: () => file.bytesRead,
  };
}

async function* decompressed(path: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    throw error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
      ? new InvalidInputError(`${path} is corrupt, truncated or not compressed: ${error.message}.`, { cause: error })
      : error;
  }
}
