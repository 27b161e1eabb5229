import type { Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/**
 * The compression that a file's name asks for (`.gz`, `.zst`), or `undefined`. The fastest level: the data is made faster
 * than a higher one could take it, for a file a tenth smaller.
 */
export function compressionFor(path: string): Transform | undefined {
  if (path.endsWith('.gz')) {
    return createGzip({ level: 1, chunkSize: CHUNK_BYTES });
  }
  if (path.endsWith('.zst')) {
    return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: CHUNK_BYTES });
  }
  return undefined;
}
