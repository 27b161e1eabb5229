import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { foldedPath } from '../../files/archive-path.ts';
import { entryPath, fileTypeProblem } from './entry-path.ts';
import { checkFraming, checkHeaders, ZIP64_FIELD } from './framing.ts';
import { MAX_ENTRIES, MAX_UNPACKED_BYTES, type Rule, WheelRefusal } from './refusal.ts';

/** Names stay bytes, to be checked here; sizes are compared here, so that the error can name them. */
const ZIP_OPTIONS = { decodeStrings: false, validateEntrySizes: false };
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const DATA_DESCRIPTOR = 0x0008;

/** An entry of an archive with a valid path, type and declared size; its data is not checked yet. */
export interface ArchiveEntry {
  path: string;
  directory: boolean;
  /** Declared size in bytes; reading fails if the data is longer or shorter. */
  size: number;
  zipEntry: Entry;
}

/** A ZIP archive with a valid structure: every reader finds the same entries in it. */
export class Archive {
  readonly file: string;
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
  readonly unpackedBytes: number;
  readonly #zip: ZipFile;

  private constructor(file: string, zip: ZipFile, entries: Map<string, ArchiveEntry>) {
    this.file = file;
    this.#zip = zip;
    this.entries = entries;
    this.unpackedBytes = [...entries.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Reads and checks the directory of an archive, without unpacking anything.
   * @param file its name, for messages
   * @throws WheelRefusal
   */
  static async open(bytes: Buffer, file: string): Promise<Archive> {
    const zip = await orRefuse(file, 'archive', () => fromBufferPromise(bytes, ZIP_OPTIONS));
    if (zip.entryCount > MAX_ENTRIES) {
      throw new WheelRefusal(file, 'entries', `it has ${zip.entryCount} entries`);
    }
    checkFraming(bytes, zip, file);
    const found = await orRefuse(file, 'archive', () => entriesOf(zip));
    const entries = new Map<string, ArchiveEntry>();
    const folded = new Map<string, string>();
    let unpacked = 0;
    for (const entry of found) {
      const path = checkedPath(entry, file);
      checkKind(entry, path, file);
      const twin = folded.get(foldedPath(path));
      if (twin !== undefined) {
        const what = twin === path ? 'it occurs twice' : `some file systems treat it as the same file as "${twin}"`;
        throw new WheelRefusal(file, 'duplicate', what, { entry: path });
      }
      folded.set(foldedPath(path), path);
      unpacked += entry.uncompressedSize;
      if (unpacked > MAX_UNPACKED_BYTES) {
        throw new WheelRefusal(file, 'unpacked', 'the archive declares more than 500 MiB up to this entry', {
          entry: path,
        });
      }
      entries.set(path, { path, directory: path.endsWith('/'), size: entry.uncompressedSize, zipEntry: entry });
    }
    checkParents(folded, file);
    await checkHeaders(zip, [...entries.values()], bytes, file);
    return new Archive(file, zip, entries);
  }

  /**
   * Unpacks an entry in chunks, never more than it declares.
   * @throws WheelRefusal if the data is damaged, or not of the declared size or checksum
   */
  async read({ path, size, zipEntry }: ArchiveEntry, onChunk: (chunk: Buffer) => void): Promise<void> {
    let checksum = 0;
    let length = 0;
    await orRefuse(
      this.file,
      'archive',
      async () => {
        const stream: Readable = await this.#zip.openReadStreamPromise(zipEntry);
        // The parts of the pipeline emit more errors after the first one.
        stream.on('error', () => {});
        for await (const chunk of stream) {
          length += chunk.length;
          if (length > size) {
            break;
          }
          checksum = crc32(chunk, checksum);
          onChunk(chunk);
        }
      },
      path,
    );
    if (length !== size) {
      const what = `it declares ${size} bytes and unpacks to ${length > size ? 'more' : length}`;
      throw new WheelRefusal(this.file, 'unpacked', what, { entry: path });
    }
    if (checksum !== zipEntry.crc32) {
      throw new WheelRefusal(this.file, 'checksum', 'its data is damaged', { entry: path });
    }
  }

  /** Reads a text entry of limited size. */
  async text(entry: ArchiveEntry, maxBytes: number): Promise<string> {
    if (entry.size > maxBytes) {
      throw new WheelRefusal(this.file, 'unpacked', `it has more than ${maxBytes} bytes`, { entry: entry.path });
    }
    const chunks: Buffer[] = [];
    await this.read(entry, (chunk) => chunks.push(chunk));
    return await orRefuse(
      this.file,
      'metadata',
      async () => new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)),
      entry.path,
    );
  }
}

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    entries.push(entry);
  }
  return entries;
}

function checkedPath(entry: Entry, file: string): string {
  const checked = entryPath(entry);
  if ('path' in checked) {
    return checked.path;
  }
  throw new WheelRefusal(file, checked.rule, checked.what, { entry: entry.fileNameRaw.toString('latin1') });
}

function checkKind(entry: Entry, path: string, file: string): void {
  const { generalPurposeBitFlag: flags, compressionMethod: method, extraFields } = entry;
  const type = fileTypeProblem(entry, path);
  const checks: [isWrong: boolean, rule: Rule, what: string][] = [
    [type !== undefined, 'file-type', type ?? ''],
    [(flags & ENCRYPTED) !== 0, 'encryption', 'it is encrypted'],
    [extraFields.some(({ id }) => id === ZIP64_FIELD), 'zip64', 'it has ZIP64 sizes'],
    [(flags & DATA_DESCRIPTOR) !== 0, 'data-descriptor', 'its sizes are stored after its data'],
    [method !== STORED && method !== DEFLATED, 'compression', `it uses compression method ${method}`],
    [path.endsWith('/') && entry.uncompressedSize > 0, 'file-type', 'it is a directory with data'],
  ];
  const [, rule, what] = checks.find(([isWrong]) => isWrong) ?? [];
  if (rule !== undefined && what !== undefined) {
    throw new WheelRefusal(file, rule, what, { entry: path });
  }
}

/** Refuses entries below one that is a file. */
function checkParents(folded: Map<string, string>, file: string): void {
  for (const [key, path] of folded) {
    const names = key.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const parent = folded.get(names.slice(0, depth).join('/'));
      if (parent !== undefined && !parent.endsWith('/')) {
        throw new WheelRefusal(file, 'duplicate', `it is below "${parent}", which is a file`, { entry: path });
      }
    }
  }
}

/** Turns the errors of the ZIP library, zlib and the decoder into refusals. */
async function orRefuse<T>(file: string, rule: Rule, work: () => Promise<T>, entry?: string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof WheelRefusal) {
      throw cause;
    }
    const what = cause instanceof Error ? cause.message.replace(/\. Are there extra bytes.*|\.$/s, '') : String(cause);
    throw new WheelRefusal(file, rule, what, { cause, entry });
  }
}
