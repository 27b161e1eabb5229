import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib';

/** The decompression that a file's name asks for (`.gz`, `.zst`), or `undefined`. */
export function decompressionFor(path: string): ((compressed: Readable) => AsyncIterable<Buffer>) | undefined {
  if (/\.gz$/i.test(path)) {
    // A failure reaches the reader through the last stream; the callback need not tell it again.
    return (compressed) => pipeline(compressed, createGunzip(), () => {});
  }
  return /\.zst$/i.test(path) ? zstdFrames : undefined;
}

/**
 * Node's decompressor ends without an error at the end of the first frame and drops the rest of the piece it was given.
 * Files of several frames, one after the other, are valid and common.
 * @see https://www.rfc-editor.org/rfc/rfc8878#name-frames
 */
async function* zstdFrames(compressed: Readable): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = compressed.iterator();
  try {
    let rest: Buffer | undefined;
    do {
      const frames = createZstdDecompress();
      const fed = feed(frames, rest, pieces).catch((error) => {
        frames.destroy(error);
        return undefined;
      });
      yield* frames;
      rest = await fed;
    } while (rest !== undefined);
  } finally {
    compressed.destroy();
  }
}

/** Resolves to what is left of the piece in which the frame ended, or to `undefined` at the end of the input. */
async function feed(
  frames: ZstdDecompress,
  first: Buffer | undefined,
  pieces: AsyncIterator<Buffer>,
): Promise<Buffer | undefined> {
  const ended = new Promise<'ended'>((resolve) => frames.once('close', () => resolve('ended')));
  let given = 0;
  for (let piece = first ?? (await following(pieces)); piece !== undefined; piece = await following(pieces)) {
    given += piece.length;
    const taken = new Promise<'taken'>((resolve) => frames.write(piece, () => resolve('taken')));
    if ((await Promise.race([taken, ended])) === 'ended' || frames.bytesWritten < given) {
      return piece.subarray(piece.length - (given - frames.bytesWritten));
    }
  }
  frames.end();
  return undefined;
}

async function following(pieces: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const next = await pieces.next();
  return next.done ? undefined : next.value;
}
