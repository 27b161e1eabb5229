import { isUtf8 } from 'node:buffer';
import { pathProblem } from '../files/archive-path.ts';
import { ByteReader } from '../files/byte-reader.ts';
import { BundleRefusal } from './refusal.ts';

const BLOCK_BYTES = 512;
/** The headers of an archive, those of pax included. */
const MAX_ENTRIES = 100;
const MAX_PAX_BYTES = 64 * 1024;
/** Of all entries, as they declare it, against decompression bombs. Images are two to three times their compressed size. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024 * 1024;
/** Archives are filled with zeros to a whole number of records, of 10 KiB by default. */
const MAX_FILLING_BYTES = 1024 * 1024;

/** A file or a directory in an archive. The path of a directory ends in `/`. */
export interface TarEntry {
  path: string;
  size: number;
}

/** What is refused, by the type in its header. */
const REFUSED: Record<string, string> = {
  1: 'it is a hard link',
  2: 'it is a symbolic link',
  3: 'it is a device',
  4: 'it is a device',
  6: 'it is a pipe',
  S: 'it is a sparse file',
  L: 'its name is too long',
  K: 'the name of its target is too long',
};

/** Attributes of pax that give an entry another name, size or content than its header. */
const REFUSED_ATTRIBUTES = /^(?:path|linkpath|size|hdrcharset|GNU\.sparse\..*)$/;

/**
 * Reads a tar archive, and yields each entry with its data, which is read before the next entry. Everything that readers
 * understand differently, or that is more than a file or a directory, is refused.
 * @param file the name of the archive, for messages
 * @throws BundleRefusal
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export async function* tarEntries(
  bytes: AsyncIterable<Buffer>,
  file: string,
): AsyncGenerator<TarEntry & { data: AsyncIterable<Buffer> }> {
  const reader = new ByteReader(bytes, () => new BundleRefusal(file, 'it is incomplete'));
  try {
    let unpacked = 0;
    for (let count = 1; ; count++) {
      const header = await reader.exactly(BLOCK_BYTES);
      if (isZero(header)) {
        break;
      }
      if (count > MAX_ENTRIES) {
        throw new BundleRefusal(file, `it has more than ${MAX_ENTRIES} entries`);
      }
      const { type, ...entry } = headerOf(header, file);
      unpacked += entry.size;
      if (unpacked > MAX_UNPACKED_BYTES) {
        throw new BundleRefusal(file, 'the archive declares more than 4 GiB up to this entry', entry.path);
      }
      if (type === 'x' || type === 'g') {
        checkAttributes(await attributesOf(reader, entry, file), entry.path, file);
      } else {
        yield { ...checked(type, entry, file), data: reader.pieces(entry.size) };
      }
      await reader.skip();
      await reader.exactly((BLOCK_BYTES - (entry.size % BLOCK_BYTES)) % BLOCK_BYTES);
    }
    let filling = 0;
    for await (const piece of reader.rest()) {
      filling += piece.length;
      if (filling > MAX_FILLING_BYTES || !isZero(piece)) {
        throw new BundleRefusal(file, 'there is data after its end');
      }
    }
  } finally {
    await reader.close();
  }
}

function headerOf(header: Buffer, file: string): TarEntry & { type: string } {
  const text = (start: number, end: number) => {
    const field = header.subarray(start, end);
    const nul = field.indexOf(0);
    return utf8(nul < 0 ? field : field.subarray(0, nul), file);
  };
  const magic = header.toString('latin1', 257, 265);
  const sum = header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if ((magic !== 'ustar\u000000' && magic !== 'ustar  \0') || sum !== octal(header, 148, 156)) {
    throw new BundleRefusal(file, 'it is not a tar archive, or damaged');
  }
  const prefix = text(345, 500);
  const path = `${prefix === '' ? '' : `${prefix}/`}${text(0, 100)}`.replace(/^(\.\/)+(?=.)/, '');
  const size = octal(header, 124, 136);
  if (size === undefined) {
    throw new BundleRefusal(file, 'its size is not an octal number', path);
  }
  return { path, size, type: header.toString('latin1', 156, 157).replace('\0', '0') };
}

/** Returns the entry if it is a file or a directory with a valid path. */
function checked(type: string, { path, size }: TarEntry, file: string): TarEntry {
  const isDirectory = path.endsWith('/');
  const kind = type === '0' || type === '5' ? undefined : (REFUSED[type] ?? `its type "${type}" is not known`);
  const mixed = isDirectory !== (type === '5') || (isDirectory && size > 0);
  const what =
    kind ??
    (path === './' ? undefined : pathProblem(path)) ??
    (mixed ? 'its name, size and type disagree on whether it is a directory' : undefined);
  if (what !== undefined) {
    throw new BundleRefusal(file, what, path);
  }
  return { path, size };
}

async function attributesOf(reader: ByteReader, { path, size }: TarEntry, file: string): Promise<Buffer> {
  if (size > MAX_PAX_BYTES) {
    throw new BundleRefusal(file, `its attributes have more than ${MAX_PAX_BYTES} bytes`, path);
  }
  return await reader.exactly(size);
}

/** Checks records of the form `LENGTH NAME=VALUE\n`. */
function checkAttributes(records: Buffer, path: string, file: string): void {
  for (let at = 0; at < records.length; ) {
    const [start = '', digits = '', name = ''] = /^(\d{1,6}) ([^=\n]+)=/.exec(records.toString('latin1', at)) ?? [];
    const end = at + Number(digits);
    if (start === '' || end < at + start.length || end > records.length || records[end - 1] !== 0x0a) {
      throw new BundleRefusal(file, 'its attributes are damaged', path);
    }
    if (REFUSED_ATTRIBUTES.test(name)) {
      throw new BundleRefusal(file, `it has the attribute "${name}"`, path);
    }
    at = end;
  }
}

/** Returns the number in a field, or undefined: larger ones are written in another form. */
function octal(header: Buffer, start: number, end: number): number | undefined {
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(header.toString('latin1', start, end)) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function utf8(bytes: Buffer, file: string): string {
  if (!isUtf8(bytes)) {
    throw new BundleRefusal(file, 'it has a name that is not UTF-8');
  }
  return bytes.toString('utf8');
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
