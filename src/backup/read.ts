import { webcrypto } from 'node:crypto';
import { type FileHandle, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { InvalidInputError } from '../errors.ts';
import { systemCode } from '../files/file-error.ts';
import { inputError, openInput } from '../files/input.ts';
import { ENTRY_SUFFIX } from './archive.ts';
import {
  type Chunk,
  chunksOf,
  damaged,
  MANIFEST_NAME,
  type Manifest,
  manifestOf,
  sha256,
  tableOf,
} from './manifest.ts';
import { type PlacedFrame, readSeekTable } from './seek-table.ts';
import { BLOCK, readHeader } from './tar.ts';

const decompress = promisify(zstdDecompress);
/** Chunks that are read while an earlier one is used. */
const AHEAD = 2;

/** A backup whose manifest has been read. */
export interface Backup extends AsyncDisposable {
  path: string;
  manifest: Manifest;
  /** Identifies it: the checksum of the manifest, which has those of all rows. */
  identity: string;
  /** The size of the file, or of the files in the folder. */
  bytes: number;
  /**
   * Returns the bytes of a chunk.
   * @throws InvalidInputError if they are not what the manifest says
   */
  read(chunk: Chunk): Promise<Buffer>;
}

/** The entries of a backup, of which each form has its own way to store them. */
interface Entries extends AsyncDisposable {
  manifest(): Promise<Buffer>;
  /** Returns the content of a chunk. */
  content(chunk: Chunk, manifest: Manifest): Promise<Buffer>;
  bytes(manifest: Manifest): Promise<number>;
}

/**
 * Opens a backup, and reads its manifest.
 * @throws NotFoundError if there is none; InvalidInputError if it is damaged, truncated, of a newer format, or something else
 */
export async function openBackup(path: string): Promise<Backup> {
  const stats = await stat(path).catch((error: unknown) => {
    throw inputError(error, path);
  });
  const entries = stats.isDirectory() ? folderEntries(path) : await fileEntries(path);
  try {
    const bytes = await entries.manifest();
    const manifest = manifestOf(bytes.toString(), path);
    for (const { table, columns, ...sums } of manifest.tables) {
      const { rows, bytes, sha256 } = tableOf(table, columns, manifest.chunks);
      if (rows !== sums.rows || bytes !== sums.bytes || sha256 !== sums.sha256) {
        throw damaged(path, `the parts of "${table}" are not those of its manifest`);
      }
    }
    return {
      ...{ path, manifest, identity: sha256(bytes), bytes: await entries.bytes(manifest) },
      async read(chunk) {
        const content = await entries.content(chunk, manifest);
        if (content.length !== chunk.bytes || (await digest(content)) !== chunk.sha256) {
          throw damaged(path, `the checksum of ${chunk.name} differs`);
        }
        return content;
      },
      [Symbol.asyncDispose]: async () => await entries[Symbol.asyncDispose](),
    };
  } catch (error) {
    await entries[Symbol.asyncDispose]();
    throw error;
  }
}

/** The SHA-256 of a chunk, in another thread. */
async function digest(content: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', content)).toString('hex');
}

/** Yields the chunks of a table in order, read ahead. */
export async function* rowsOf(backup: Backup, table: string): AsyncGenerator<Buffer> {
  const waiting = chunksOf(backup.manifest, table).values();
  const reading: Promise<Buffer>[] = [];
  const readNext = () => {
    const { value } = waiting.next();
    if (value) {
      const read = backup.read(value);
      // It may fail before it is awaited.
      read.catch(() => {});
      reading.push(read);
    }
  };
  Array.from({ length: AHEAD }, readNext);
  for (let next = reading.shift(); next; next = reading.shift()) {
    yield await next;
    readNext();
  }
}

function folderEntries(path: string): Entries {
  const entry = async (name: string, maxBytes: number, missing: string) => {
    const bytes = await readFile(join(path, `${name}${ENTRY_SUFFIX}`)).catch((error: unknown) => {
      throw systemCode(error) === 'ENOENT' ? damaged(path, missing, error) : inputError(error, join(path, name));
    });
    return await frameOf(bytes, maxBytes, path, name);
  };
  const sizeOf = async (name: string) => {
    const stats = await stat(join(path, `${name}${ENTRY_SUFFIX}`)).catch(() => undefined);
    if (stats === undefined) {
      throw damaged(path, `${name} is missing`);
    }
    return stats.size;
  };
  return {
    manifest: async () =>
      await entry(MANIFEST_NAME, MAX_ENTRY_BYTES, 'it has no manifest, so it is not whole, or not a backup'),
    content: async ({ name, bytes }) => await entry(name, bytes, `${name} is missing`),
    async bytes({ chunks }) {
      const sizes = await Promise.all([MANIFEST_NAME, ...chunks.map(({ name }) => name)].map(sizeOf));
      return sizes.reduce((sum, size) => sum + size);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function fileEntries(path: string): Promise<Entries> {
  const { handle, stats } = await openInput(path, { regular: true });
  const entry = async (frame: PlacedFrame | undefined, wanted: string) => {
    const bytes = frame && (await readFrame(handle, frame, path, wanted));
    const { name, bytes: length } = bytes && bytes.length >= BLOCK ? readHeader(bytes) : { name: '', bytes: 0 };
    if (bytes === undefined || name !== wanted || BLOCK + length > bytes.length) {
      throw damaged(path, `${wanted} is not where it belongs`);
    }
    return bytes.subarray(BLOCK, BLOCK + length);
  };
  try {
    const frames = await readSeekTable(handle, stats.size);
    if (frames === undefined) {
      throw damaged(path, 'it is truncated, or not a backup');
    }
    let places: Map<string, number> | undefined;
    return {
      manifest: async () => await entry(frames.at(-1), MANIFEST_NAME),
      async content({ name }, { chunks }) {
        places ??= new Map(chunks.map((chunk, at) => [chunk.name, at]));
        return await entry(frames[places.get(name) ?? frames.length], name);
      },
      async bytes({ chunks }) {
        if (chunks.length !== frames.length - 1) {
          throw damaged(path, `it has ${frames.length - 1} parts, and its manifest ${chunks.length}`);
        }
        return stats.size;
      },
      [Symbol.asyncDispose]: async () => await handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readFrame(
  handle: FileHandle,
  { at, compressed, decompressed }: PlacedFrame,
  path: string,
  name: string,
): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(compressed), 0, compressed, at);
  const frame = await frameOf(buffer.subarray(0, bytesRead), decompressed, path, name);
  if (frame.length !== decompressed) {
    throw damaged(path, `${name} is shorter than it was`);
  }
  return frame;
}

async function frameOf(compressed: Buffer, maxBytes: number, path: string, name: string): Promise<Buffer> {
  try {
    // In one piece: Node would put one together from pieces of 16 kB.
    const chunkSize = Math.min(maxBytes, USUAL_BYTES) + 1024;
    return await decompress(compressed, { chunkSize, maxOutputLength: Math.min(maxBytes, MAX_ENTRY_BYTES) });
  } catch (error) {
    const code = systemCode(error) ?? '';
    throw /^(Z_|ZSTD_|ERR_BUFFER_TOO_LARGE)/.test(code)
      ? damaged(path, `${name} cannot be decompressed`, error)
      : error;
  }
}

const USUAL_BYTES = 8 * 1024 * 1024;
/** A row has at most 1 GB. */
const MAX_ENTRY_BYTES = 2 ** 31;

/** @throws InvalidInputError for standard input, which cannot be read twice */
export function expectFile(path: string): void {
  if (path === '-') {
    throw new InvalidInputError('A backup is not read from standard input: it is checked as a whole first.', {
      hint: 'Write it to a file, and name that.',
    });
  }
}
