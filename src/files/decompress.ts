import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { InvalidInputError } from '../errors.ts';

/** Returns the decompression for a file name (`.gz`, `.zst`), or `undefined`. */
export function decompressionFor(path: string): ((compressed: Readable) => AsyncIterable<Buffer>) | undefined {
  if (/\.gz$/i.test(path)) {
    return gunzipped;
  }
  return /\.zst$/i.test(path) ? zstdFrames : undefined;
}

/**
 * Yields what a decompression of a file yields.
 * @throws InvalidInputError if the compressed data is corrupt or truncated
 */
export async function* decompressed(path: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    throw error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
      ? new InvalidInputError(`${path} is corrupt, truncated or not compressed: ${error.message}.`, { cause: error })
      : error;
  }
}

/** Starts with the first read: before it, nobody would take a failure. */
async function* gunzipped(compressed: Readable): AsyncGenerator<Buffer> {
  // A failure reaches the reader through the last stream, so the callback has nothing to do.
  yield* pipeline(compressed, createGunzip(), () => {});
}

/**
 * Decompresses zstd, frame by frame: Node's decompressor ends silently after the first frame and drops the rest of the
 * piece it was given, although files of several concatenated frames are valid and common.
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-frames
 */
async function* zstdFrames(compressed: Readable): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = compressed.iterator();
  try {
    let rest: Buffer | undefined;
    do {
      const frame = createZstdDecompress();
      const fed = feed(frame, rest, pieces).catch((error) => {
        frame.destroy(error);
        return undefined;
      });
      yield* frame;
      rest = await fed;
    } while (rest !== undefined);
  } finally {
    compressed.destroy();
  }
}

/** Feeds one frame; resolves to the rest of the piece in which it ended, or to `undefined` at the end of the input. */
async function feed(
  frame: ZstdDecompress,
  first: Buffer | undefined,
  pieces: AsyncIterator<Buffer>,
): Promise<Buffer | undefined> {
  const ended = new Promise<'ended'>((resolve) => frame.once('close', () => resolve('ended')));
  let fed = 0;
  for (let piece = first ?? (await next(pieces)); piece !== undefined; piece = await next(pieces)) {
    fed += piece.length;
    const written = new Promise<'written'>((resolve) => frame.write(piece, () => resolve('written')));
    if ((await Promise.race([written, ended])) === 'ended' || frame.bytesWritten < fed) {
      return piece.subarray(piece.length - (fed - frame.bytesWritten));
    }
  }
  frame.end();
  return undefined;
}

async function next(pieces: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const { done, value } = await pieces.next();
  return done ? undefined : value;
}
