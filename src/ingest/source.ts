import { Readable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { openInput } from '../files/input.ts';
import { decompressionFor } from './decompress.ts';

const PIECE_BYTES = 64 * 1024;

/** A file to import from, opened. */
export interface Source {
  /** Its bytes, decompressed. */
  stream: Readable;
  /** How many bytes the file has, as it is on the disk; `undefined` for standard input, pipes and devices. */
  size: number | undefined;
  /** How many of them have been read. */
  position(): number;
}

/**
 * Opens a file, or standard input for `-`. A name ending in `.gz` or `.zst` is decompressed.
 * @throws NotFoundError for a missing file, InvalidInputError for a directory or one that may not be read; the stream
 * fails with InvalidInputError where the compressed data is damaged or cut off
 */
export async function openSource(path: string, stdin: Readable): Promise<Source> {
  if (path === '-') {
    return { stream: stdin, size: undefined, position: () => 0 };
  }
  const { handle, stats } = await openInput(path, { hint: 'Use - to read standard input.' });
  const file = handle.createReadStream({ highWaterMark: PIECE_BYTES });
  const decompress = decompressionFor(path);
  const stream = decompress ? Readable.from(decompressed(path, decompress(file)), { objectMode: false }) : file;
  // Also when nobody has begun to read.
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
      ? new InvalidInputError(`${path} is damaged, cut off or not compressed: ${error.message}.`, { cause: error })
      : error;
  }
}
