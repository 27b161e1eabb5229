import type { FileHandle } from 'node:fs/promises';

/**
 * The table at the end of a zstd file that lists its frames, so that each can be read alone. It is a skippable frame: other
 * programs ignore it.
 * @see https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
 */
const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 8;
const FOOTER_BYTES = 9;

/** Sizes in bytes. */
export interface Frame {
  compressed: number;
  decompressed: number;
}

/** A frame, and where it starts in its file. */
export interface PlacedFrame extends Frame {
  at: number;
}

export function seekTable(frames: readonly Frame[]): Buffer {
  const size = frames.length * ENTRY_BYTES + FOOTER_BYTES;
  const table = Buffer.alloc(HEADER_BYTES + size);
  let at = table.writeUInt32LE(SKIPPABLE_MAGIC);
  at = table.writeUInt32LE(size, at);
  for (const { compressed, decompressed } of frames) {
    at = table.writeUInt32LE(compressed, at);
    at = table.writeUInt32LE(decompressed, at);
  }
  at = table.writeUInt32LE(frames.length, at);
  // Its entries have no checksums: the frames have their own.
  at = table.writeUInt8(0, at);
  table.writeUInt32LE(SEEKABLE_MAGIC, at);
  return table;
}

/** Reads the table of a file; `undefined` unless the file has exactly the frames that it lists. */
export async function readSeekTable(file: FileHandle, fileBytes: number): Promise<PlacedFrame[] | undefined> {
  const lastBytes = async (bytes: number) => {
    if (bytes <= fileBytes) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, fileBytes - bytes);
      return bytesRead === bytes ? buffer : undefined;
    }
    return undefined;
  };
  const footer = await lastBytes(FOOTER_BYTES);
  if (footer?.readUInt32LE(5) !== SEEKABLE_MAGIC || footer.readUInt8(4) !== 0) {
    return undefined;
  }
  const count = footer.readUInt32LE(0);
  const size = HEADER_BYTES + count * ENTRY_BYTES + FOOTER_BYTES;
  const table = await lastBytes(size);
  if (table?.readUInt32LE(0) !== SKIPPABLE_MAGIC || table.readUInt32LE(4) !== size - HEADER_BYTES) {
    return undefined;
  }
  const frames: PlacedFrame[] = [];
  let at = 0;
  for (let entry = HEADER_BYTES; entry < size - FOOTER_BYTES; entry += ENTRY_BYTES) {
    const compressed = table.readUInt32LE(entry);
    frames.push({ at, compressed, decompressed: table.readUInt32LE(entry + 4) });
    at += compressed;
  }
  return at + size === fileBytes ? frames : undefined;
}
