import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { InvalidInputError } from '../errors.ts';
import { withOutputFile } from '../files/output-file.ts';
import { withOutputFolder } from '../files/output-folder.ts';
import { partFile, syncFolder } from '../files/part-file.ts';
import { Content } from './content.ts';
import { type Frame, seekTable } from './seek-table.ts';
import { END_OF_TAR, writeHeader } from './tar.ts';

/** The suffix of a backup that is one file; any other is a folder, and has none. */
export const FILE_SUFFIX = '.tar.zst';
/** The suffix of the files in a folder. */
export const ENTRY_SUFFIX = '.zst';

/**
 * Random names of UUIDs compress no better on a higher level, but several times slower; nor with a larger window, which the cache
 * of a processor does not hold.
 */
const COMPRESSION = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 1,
    [constants.ZSTD_c_windowLog]: 17,
    [constants.ZSTD_c_checksumFlag]: 1,
  },
  chunkSize: 1024 * 1024,
};
const compress = promisify(zstdCompress);

/** Takes the entries of a backup. */
export interface Archive {
  /**
   * Adds an entry; several can be added at a time, which compresses them in parallel. The content may be reused when it resolves.
   * @param onWritten called when it is written, in the order of the file
   */
  add(name: string, content: Content, onWritten?: () => void): Promise<void>;
  /** Adds the last entry. */
  finish(name: string, content: Buffer): Promise<void>;
  /** The compressed bytes so far. */
  readonly bytes: number;
}

/**
 * Calls `fill` with the archive that becomes a file or a folder, which only its owner may read, once it is complete and on
 * disk.
 * @throws ConflictError if it exists, InvalidInputError for a name with another suffix, and what `fill` throws
 */
export async function withArchive<T>(
  path: string,
  { force = false, signal, modified }: { force?: boolean; signal: AbortSignal; modified: Date },
  fill: (archive: Archive) => Promise<T>,
): Promise<T> {
  if (await isFolder(path)) {
    return await withOutputFolder(path, (folder) => closing(new FolderArchive(folder), fill));
  }
  const part = async (target: string) => await partFile(target, undefined, 0o600);
  return await withOutputFile(path, { ...{ force, signal, part }, suffixes: ['.tar'], compressed: true }, (stream) =>
    streamArchive(stream, modified, fill),
  );
}

/** Calls `fill` with the archive that is written to a stream. */
export async function streamArchive<T>(
  stream: Writable,
  modified: Date,
  fill: (archive: Archive) => Promise<T>,
): Promise<T> {
  return await closing(new TarArchive(stream, modified), fill);
}

/**
 * Whether a backup of this name is a folder; a pipe or a device is not.
 * @throws InvalidInputError for the name of a file of another form
 */
export async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (path.endsWith(FILE_SUFFIX) || (stats && !stats.isFile() && !stats.isDirectory())) {
    return false;
  }
  const [suffix] = /\.[a-z][a-z0-9]*$/i.exec(path) ?? [];
  if (suffix !== undefined) {
    throw new InvalidInputError(`A backup cannot have the suffix "${suffix}": ${path}.`, {
      hint: `Use ${FILE_SUFFIX} for a file, or no suffix for a folder.`,
    });
  }
  return true;
}

/** Waits for what is being added, so that nothing is written after `fill` has failed. */
async function closing<T>(archive: BaseArchive, fill: (archive: Archive) => Promise<T>): Promise<T> {
  try {
    return await fill(archive);
  } finally {
    await archive.close();
  }
}

abstract class BaseArchive implements Archive {
  readonly #adding = new Set<Promise<void>>();
  #closed = false;
  bytes = 0;

  protected abstract write(name: string, content: Content, onWritten: () => void): Promise<void>;
  abstract finish(name: string, content: Buffer): Promise<void>;

  async add(name: string, content: Content, onWritten = () => {}): Promise<void> {
    if (this.#closed) {
      throw new Error('The archive is closed.');
    }
    const added = this.write(name, content, onWritten);
    this.#adding.add(added);
    await added.finally(() => this.#adding.delete(added));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#adding);
  }
}

/** A tar file in concatenated frames of zstd, one for an entry, with a table of them at the end. */
class TarArchive extends BaseArchive {
  readonly #stream: Writable;
  readonly #modified: Date;
  readonly #frames: Frame[] = [];

  constructor(stream: Writable, modified: Date) {
    super();
    this.#stream = stream;
    this.#modified = modified;
  }

  protected override async write(name: string, content: Content, onWritten: () => void): Promise<void> {
    await this.#frame(
      content.inTar((header) => writeHeader(header, name, content.length, this.#modified)),
      onWritten,
    );
  }

  override async finish(name: string, bytes: Buffer): Promise<void> {
    const content = Content.of(bytes);
    const entry = content.inTar((header) => writeHeader(header, name, content.length, this.#modified));
    await this.#frame(Buffer.concat([entry, END_OF_TAR]));
    await this.#send(seekTable(this.#frames));
  }

  async #frame(bytes: Buffer, onWritten = () => {}): Promise<void> {
    const frame = await compress(bytes, COMPRESSION);
    this.#frames.push({ compressed: frame.length, decompressed: bytes.length });
    onWritten();
    await this.#send(frame);
  }

  async #send(bytes: Buffer): Promise<void> {
    this.bytes += bytes.length;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** A folder with a compressed file for each entry. */
class FolderArchive extends BaseArchive {
  readonly #folder: string;
  readonly #subfolders = new Set<string>();

  constructor(folder: string) {
    super();
    this.#folder = folder;
  }

  protected override async write(name: string, content: Content, onWritten: () => void): Promise<void> {
    const path = join(this.#folder, `${name}${ENTRY_SUFFIX}`);
    const bytes = await compress(content.bytes, COMPRESSION);
    await mkdir(dirname(path), { mode: 0o700, recursive: true });
    this.#subfolders.add(dirname(path));
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(bytes);
    await file.sync();
    this.bytes += bytes.length;
    onWritten();
  }

  override async finish(name: string, bytes: Buffer): Promise<void> {
    for (const folder of this.#subfolders) {
      await syncFolder(folder);
    }
    await this.add(name, Content.of(bytes));
  }
}
