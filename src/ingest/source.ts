import { createReadStream, type ReadStream, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { InvalidInputError, NotFoundError } from '../errors.ts';
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
  const { file, stats } = await openFile(path);
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

async function openFile(path: string): Promise<{ file: ReadStream; stats: Stats }> {
  try {
    const handle = await open(path);
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw new InvalidInputError(`${path} is a directory.`, { hint: 'Name a file in it.' });
    }
    return { file: createReadStream(path, { fd: handle, highWaterMark: PIECE_BYTES }), stats };
  } catch (error) {
    throw openFailure(error, path);
  }
}

function openFailure(error: unknown, path: string): unknown {
  switch (error instanceof Error && 'code' in error && error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new NotFoundError(`There is no file ${path}.`, { hint: 'Use - to read standard input.', cause: error });
    case 'EACCES':
    case 'EPERM':
      return new InvalidInputError(`No permission to read ${path}.`, { cause: error });
    default:
      return error;
  }
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
