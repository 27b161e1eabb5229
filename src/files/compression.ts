import type { Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/**
 * Returns the compression for a file name (`.gz`, `.zst`), or `undefined`. Uses the fastest level: a higher one would be slower
 * than the export itself, for a file a tenth smaller.
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
