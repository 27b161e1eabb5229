import type { FileHandle } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { InvalidInputError } from '../errors.ts';
import { excerpt } from '../text/printable.ts';

const STORED = 0;
const DEFLATED = 8;
const MAX_LISTED = 10;

/** The only file in a ZIP archive: where its data is, and how it is unpacked. */
export interface ZipMember {
  range: { start: number; end: number };
  unpack(packed: Readable): AsyncIterable<Buffer>;
}

/**
 * Finds the only file in a ZIP archive. Its data is not read yet: it is unpacked in pieces, whatever its size.
 * @param path names the archive in messages
 * @throws InvalidInputError for several files or none, one that is encrypted or compressed in a rare way, and what is no archive
 */
export async function onlyMember(handle: FileHandle, path: string): Promise<ZipMember> {
  const zip = await orRefuse(path, () => fromFdPromise(handle.fd, { autoClose: false, lazyEntries: true }));
  const [entry, ...others] = await orRefuse(path, () => filesOf(zip));
  if (entry === undefined || others.length > 0) {
    throw entry === undefined
      ? new InvalidInputError(`${path} contains no file.`)
      : severalFiles(path, [entry, ...others]);
  }
  const name = `${path}: ${excerpt(entry.fileName)}`;
  if (entry.isEncrypted()) {
    throw new InvalidInputError(`${name} is encrypted.`, {
      hint: 'Unpack the archive with its password, and import the file.',
    });
  }
  if (![STORED, DEFLATED].includes(entry.compressionMethod)) {
    throw new InvalidInputError(
      `${name} is compressed with method ${entry.compressionMethod}, which is not supported.`,
      {
        hint: 'Unpack the archive, and import the file.',
      },
    );
  }
  if (entry.compressedSize === 0) {
    throw new InvalidInputError(`${name} is empty.`);
  }
  const { fileDataStart: start } = await orRefuse(path, () => zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  return {
    range: { start, end: start + entry.compressedSize - 1 },
    unpack: (packed) => unpacked(packed, entry, name),
  };
}

/** The files, without directories and what macOS adds; a few are enough. */
async function filesOf(zip: ZipFile): Promise<Entry[]> {
  const files: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    if (!/\/$|^__MACOSX\//.test(entry.fileName) && files.push(entry) > MAX_LISTED) {
      break;
    }
  }
  return files;
}

function severalFiles(path: string, files: Entry[]): InvalidInputError {
  const names = files.slice(0, MAX_LISTED).map(({ fileName }) => excerpt(fileName));
  const more = files.length > MAX_LISTED ? ', …' : '';
  return new InvalidInputError(`${path} contains more than one file: ${names.join(', ')}${more}.`, {
    hint: 'Unpack it, and import the files that you need.',
  });
}

async function* unpacked(packed: Readable, entry: Entry, name: string): AsyncGenerator<Buffer> {
  let [length, checksum] = [0, 0];
  const damaged = () => new InvalidInputError(`${name} is damaged: its size or its checksum is wrong.`);
  // A failure reaches the reader through the last stream, so the callback has nothing to do.
  const pieces = entry.compressionMethod === DEFLATED ? pipeline(packed, createInflateRaw(), () => {}) : packed;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > entry.uncompressedSize) {
      throw damaged();
    }
    checksum = crc32(piece, checksum);
    yield piece;
  }
  if (length !== entry.uncompressedSize || checksum !== entry.crc32) {
    throw damaged();
  }
}

/** Translates what the library finds wrong with an archive. */
async function orRefuse<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    throw new InvalidInputError(`${path} is not a complete ZIP archive: ${why}.`, { cause });
  }
}
