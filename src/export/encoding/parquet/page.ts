import { constants, zstdCompressSync } from 'node:zlib';
import type { PageHeader } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';

/** A higher one would take longer than the server, for a file a few percent smaller. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Writes a page, compressed with zstd.
 * @returns its size before compression, with its header
 */
export function writePage(
  out: ByteWriter,
  header: Omit<PageHeader, 'uncompressed_page_size' | 'compressed_page_size'>,
  bytes: Uint8Array,
): number {
  const compressed = zstdCompressSync(bytes, ZSTD);
  const start = out.offset;
  writePageHeader(out, {
    ...header,
    uncompressed_page_size: bytes.length,
    compressed_page_size: compressed.length,
  });
  const size = out.offset - start + bytes.length;
  out.appendBytes(compressed);
  return size;
}
