import { basename, extname } from 'node:path';
import type { Transform } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { InvalidInputError } from '../errors.ts';

const CHUNK_BYTES = 256 * 1024;
const COMPRESSED = /\.(gz|zst)$/i;

/**
 * Returns the compression for a file name (`.gz`, `.zst`), or `undefined`. Uses the fastest level: a higher one would be slower
 * than the export itself, for a file a tenth smaller.
 */
export function compressionFor(path: string): Transform | undefined {
  switch (COMPRESSED.exec(path)?.[0].toLowerCase()) {
    case '.gz':
      return createGzip({ level: 1, chunkSize: CHUNK_BYTES });
    case '.zst':
      return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: CHUNK_BYTES });
    default:
      return undefined;
  }
}

export function isCompressed(path: string): boolean {
  return COMPRESSED.test(path);
}

/** Returns the suffix of a file name in lower case, such as `.csv` of `Run.CSV.gz`; empty if it has none. */
export function suffixOf(path: string): string {
  return extname(basename(path).replace(COMPRESSED, '')).toLowerCase();
}

/**
 * Checks that a file name does not promise another format than the one of its content. It need not have a suffix.
 * @param suffixes those of the format, in lower case
 * @throws InvalidInputError
 */
export function checkSuffix(path: string, suffixes: readonly string[]): void {
  const suffix = suffixOf(path);
  if (suffix !== '' && !suffixes.includes(suffix)) {
    throw new InvalidInputError(`Files with the suffix "${suffix}" cannot be written: ${path}.`, {
      hint: `Use ${suffixes.join(', ')}, or one of them compressed, such as ${suffixes[0]}.gz or ${suffixes[0]}.zst.`,
    });
  }
}
