import type { Entry, LocalFileHeader, ZipFile } from 'yauzl';
import { WheelRefusal } from './refusal.ts';

interface NamedEntry {
  path: string;
  zipEntry: Entry;
}

const END_RECORD_BYTES = 22;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_LOCATOR = 0x07064b50;
export const ZIP64_FIELD = 0x0001;
/** A size that is in the ZIP64 field instead. */
const IN_ZIP64 = 0xffffffff;

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
    const header = await zip.readLocalFileHeaderPromise(zipEntry).catch((cause: Error) => {
      throw refuse('header', cause.message);
    });
    const local = { ...header, ...zip64Sizes(header) };
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

/**
 * Returns the sizes in the ZIP64 field of the header before the data, if it has them there: programs that do not know the size
 * in advance, such as Python's zipfile, reserve the field.
 */
function zip64Sizes({ extraField, compressedSize, uncompressedSize }: LocalFileHeader) {
  if (compressedSize !== IN_ZIP64 || uncompressedSize !== IN_ZIP64) {
    return {};
  }
  for (let at = 0; at + 4 <= extraField.length; at += 4 + extraField.readUInt16LE(at + 2)) {
    const isWhole = extraField.readUInt16LE(at + 2) === 16 && at + 20 <= extraField.length;
    if (extraField.readUInt16LE(at) === ZIP64_FIELD && isWhole) {
      const [size, packed] = [extraField.readBigUInt64LE(at + 4), extraField.readBigUInt64LE(at + 12)];
      return { uncompressedSize: Number(size), compressedSize: Number(packed) };
    }
  }
  return {};
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
