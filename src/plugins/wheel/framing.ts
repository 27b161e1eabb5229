import type { Entry, ZipFile } from 'yauzl';
import { WheelRefusal } from './refusal.ts';

interface NamedEntry {
  path: string;
  zipEntry: Entry;
}

const END_RECORD_BYTES = 22;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_LOCATOR = 0x07064b50;

/**
 * Checks that the central directory ends where the end record starts. The library only looks for the end record, so other
 * readers could find other entries in a malformed archive.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function checkFraming(bytes: Buffer, { comment }: ZipFile, file: string): void {
  const end = endRecord(bytes, comment);
  if (end >= ZIP64_LOCATOR_BYTES && bytes.readUInt32LE(end - ZIP64_LOCATOR_BYTES) === ZIP64_LOCATOR) {
    throw new WheelRefusal(file, 'zip64', 'it has a ZIP64 directory');
  }
  const { start, size, here, total } = directory(bytes, end);
  if (start + size !== end || here !== total) {
    throw new WheelRefusal(file, 'archive', 'its central directory does not have the declared position or size');
  }
}

/** Checks that every byte before the central directory belongs to exactly one entry, and that its two headers agree. */
export async function checkHeaders(zip: ZipFile, entries: NamedEntry[], bytes: Buffer, file: string): Promise<void> {
  let at = 0;
  for (const { path, zipEntry } of entries.toSorted((a, b) => offset(a) - offset(b))) {
    const refuse = (rule: 'archive' | 'header', what: string) => new WheelRefusal(file, rule, what, { entry: path });
    if (offset({ zipEntry }) !== at) {
      throw refuse(
        'archive',
        offset({ zipEntry }) < at ? 'it overlaps another entry' : 'there are bytes before it that belong to no entry',
      );
    }
    const local = await zip.readLocalFileHeaderPromise(zipEntry).catch((cause: Error) => {
      throw refuse('header', cause.message);
    });
    const differing = (
      ['generalPurposeBitFlag', 'compressionMethod', 'crc32', 'compressedSize', 'uncompressedSize'] as const
    ).find((field) => local[field] !== zipEntry[field]);
    if (differing !== undefined || !local.fileName.equals(zipEntry.fileNameRaw)) {
      throw refuse('header', `its two headers differ in ${FIELDS[differing ?? 'fileName']}`);
    }
    at = local.fileDataStart + zipEntry.compressedSize;
  }
  if (at !== directory(bytes, endRecord(bytes, zip.comment)).start) {
    throw new WheelRefusal(file, 'archive', 'there are bytes before its central directory that belong to no entry');
  }
}

const FIELDS = {
  generalPurposeBitFlag: 'their flags',
  compressionMethod: 'the compression',
  crc32: 'the checksum',
  compressedSize: 'the packed size',
  uncompressedSize: 'the size',
  fileName: 'the name',
};

function offset({ zipEntry }: Pick<NamedEntry, 'zipEntry'>): number {
  return zipEntry.relativeOffsetOfLocalHeader;
}

/** Returns the offset of the end record, which is followed only by the comment. */
function endRecord(bytes: Buffer, comment: ZipFile['comment']): number {
  return bytes.length - END_RECORD_BYTES - comment.length;
}

function directory(bytes: Buffer, end: number) {
  return {
    here: bytes.readUInt16LE(end + 8),
    total: bytes.readUInt16LE(end + 10),
    size: bytes.readUInt32LE(end + 12),
    start: bytes.readUInt32LE(end + 16),
  };
}
