import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Chunk } from '../../reorder-buffer.ts';
import { DATA_SHEET, SHARED_STRINGS } from './parts.ts';

/** The same data gives the same bytes. A higher level would take more than twice as long for a file a fifth smaller. */
const OPTIONS = { compressionLevel: 1, mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
/** The library's pieces are so small that to write each would take longer than to make it. */
const PIECE_BYTES = 256 * 1024;

/**
 * Makes a workbook of its parts.
 * @param parts by path
 * @param sharedStrings called after the last chunk of the sheet
 */
export async function* workbook(
  sheet: AsyncIterable<Chunk>,
  parts: Readonly<Record<string, string>>,
  sharedStrings: () => string,
): AsyncGenerator<Chunk> {
  const taken = { rows: 0, datapoints: 0 };
  async function* copied() {
    for await (const { bytes, length, rows, datapoints } of sheet) {
      taken.rows += rows;
      taken.datapoints += datapoints;
      // The memory of a chunk is used again before a stream has passed it on.
      yield Buffer.from(bytes.subarray(0, length));
    }
  }
  const input = Readable.from(copied(), { objectMode: false, highWaterMark: 1 });
  const zip = new ZipFile();
  const output = zip.outputStream.pipe(new PassThrough());
  for (const failing of [input, zip]) {
    failing.once('error', (error) => output.destroy(error));
  }
  for (const [path, text] of Object.entries(parts)) {
    zip.addBuffer(Buffer.from(text), path, OPTIONS);
  }
  zip.addReadStream(input, DATA_SHEET, OPTIONS);
  zip.addReadStreamLazy(SHARED_STRINGS, OPTIONS, (add) => add(null, Readable.from([Buffer.from(sharedStrings())])));
  zip.end();

  let pieces: Buffer[] = [];
  let length = 0;
  function takeChunk(): Chunk {
    const chunk = { bytes: Buffer.concat(pieces, length), length, ...taken };
    pieces = [];
    length = 0;
    taken.rows = 0;
    taken.datapoints = 0;
    return chunk;
  }
  try {
    for await (const piece of output) {
      pieces.push(piece);
      length += piece.length;
      if (length >= PIECE_BYTES) {
        yield takeChunk();
      }
    }
    yield takeChunk();
  } finally {
    input.destroy();
  }
}
