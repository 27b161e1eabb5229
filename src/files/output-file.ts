import type { Stats } from 'node:fs';
import { copyFile, type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { InvalidInputError } from '../errors.ts';
import { checkSuffix, compressionFor } from './compression.ts';
import { fileError, fileExists, isDirectory } from './file-error.ts';
import { type PartFile, partFile } from './part-file.ts';
import { partPath } from './part-name.ts';
import { openPipe } from './pipe.ts';
import { resolveTarget } from './target.ts';

export interface OutputFileOptions {
  /** Replace an existing file. Without it nothing is ever overwritten, not even a file created in the meantime. */
  force?: boolean;
  /** The suffixes of the format, with a dot, in lower case; `.csv` by default. Those of compression may follow. */
  suffixes?: readonly string[];
  /** Whether the bytes are compressed already, as the suffix says. */
  compressed?: boolean;
  /** Stops waiting for the reader of a named pipe. */
  signal?: AbortSignal;
  /** Called with all bytes of the file, which are compressed if it is, as they are written. */
  onWritten?(bytes: Buffer): void;
  /** Opens the file under its temporary name; by default a new one. */
  part?(target: string, replaced: Stats | undefined): Promise<PartFile>;
}

/**
 * Writes the content of a file.
 * @param complete puts the file on disk, under its name, before `fill` resolves. If `fill` then rejects, this is undone.
 */
type Fill<T> = (stream: Writable, complete: () => Promise<void>) => Promise<T>;

/**
 * Calls `fill` with a stream whose bytes become the file `path`; `fill` need not end it. The file appears under its name
 * once it is complete and on disk: until then the bytes are in a hidden file `.NAME.part-HOST-PID-RANDOM` next to it, which
 * is removed if `fill` rejects. A replaced file keeps its permissions, a symbolic link stays one, and anything but a regular
 * file (`/dev/null`, a pipe) is written to directly. The output is compressed if the name ends in `.gz` or `.zst`.
 *
 * @throws ConflictError if the file exists, NotFoundError for a missing directory, InvalidInputError if the path cannot be
 * written to or has the suffix of another format, and what `fill` throws.
 */
export async function withOutputFile<T>(path: string, options: OutputFileOptions, fill: Fill<T>): Promise<T> {
  try {
    const target = await targetOf(path, options);
    if (target.stats?.isFIFO()) {
      return await fillStream(await openPipe(target.path, options.signal), path, options, fill);
    }
    if (target.stats !== undefined && !target.stats.isFile()) {
      await using handle = await open(target.path, 'w');
      return await fillStream(writableOn(handle, options.onWritten), path, options, fill);
    }
    return await writeAndRename(target, path, options, fill);
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Writes a text as `withOutputFile` does, and returns how many bytes the file has: fewer if it is compressed. */
export async function writeTextFile(path: string, options: OutputFileOptions, text: string): Promise<number> {
  let bytes = 0;
  const onWritten = ({ length }: Buffer) => {
    bytes += length;
  };
  await withOutputFile(path, { ...options, onWritten }, async (stream) => void stream.write(text));
  // Of a named pipe, nothing is counted.
  return bytes || Buffer.byteLength(text);
}

/**
 * Checks that a file may be written, as `withOutputFile` does first.
 * @throws as `withOutputFile`
 */
export async function checkOutput(path: string, options: OutputFileOptions): Promise<void> {
  try {
    await targetOf(path, options);
  } catch (error) {
    throw fileError(error, path);
  }
}

/** @throws InvalidInputError if a file is to be replaced and none is named */
export function checkForce(path: string | undefined, force: boolean): void {
  if (force && path === undefined) {
    throw new InvalidInputError('--force replaces a file, and none is named.', { hint: 'Name it with --output FILE.' });
  }
}

async function targetOf(
  path: string,
  { suffixes = ['.csv'], force = false }: OutputFileOptions,
): Promise<{ path: string; stats: Stats | undefined }> {
  checkPath(path);
  const target = await resolveTarget(path);
  if (target.stats === undefined || target.stats.isFile()) {
    checkSuffix(path, suffixes);
    if (target.stats !== undefined && !force) {
      throw fileExists(path);
    }
  }
  return target;
}

function checkPath(path: string): void {
  if (path === '') {
    throw new InvalidInputError('The name of the output file is empty.', { hint: 'Pass the path of a file.' });
  }
  if (/(^|\/)\.{0,2}$/.test(path)) {
    throw isDirectory(path);
  }
}

async function writeAndRename<T>(
  target: { path: string; stats: Stats | undefined },
  name: string,
  options: OutputFileOptions,
  fill: Fill<T>,
): Promise<T> {
  const { force = false, onWritten, part: openPart = partFile } = options;
  await using part = await openPart(target.path, target.stats);
  const published = { undo: async () => {} };
  const replaced = target.stats && partPath(target.path);
  try {
    return await fillStream(writableOn(part.handle, onWritten), name, options, fill, async (isLast) => {
      await part.handle.sync();
      if (replaced !== undefined && !isLast) {
        await link(target.path, replaced).catch(() => copyFile(target.path, replaced));
      }
      if (force) {
        await part.replace();
      } else if (!(await part.publish())) {
        throw fileExists(name);
      }
      published.undo = async () => await (replaced === undefined ? rm(target.path) : rename(replaced, target.path));
    });
  } catch (error) {
    await published.undo();
    throw error;
  } finally {
    if (replaced !== undefined) {
      await rm(replaced, { force: true });
    }
  }
}

/** @param publish called once, when everything is written; `isLast` unless `fill` has yet to resolve */
async function fillStream<T>(
  file: Writable,
  name: string,
  { compressed = false }: OutputFileOptions,
  fill: Fill<T>,
  publish: (isLast: boolean) => Promise<void> = async () => {},
): Promise<T> {
  const compression = compressed ? undefined : compressionFor(name);
  const stream = compression ?? file;
  const written = compression === undefined ? finished(file) : pipeline(compression, file);
  // Also rejects when `fill` does, whose error is the one to report.
  written.catch(() => {});
  let completed: Promise<void> | undefined;
  const complete = (isLast: boolean): Promise<void> => {
    completed ??= (async () => {
      stream.end();
      await written;
      await publish(isLast);
    })();
    return completed;
  };
  try {
    const result = await fill(stream, () => complete(false));
    await complete(true);
    return result;
  } catch (error) {
    stream.destroy();
    file.destroy();
    await written.catch(() => {});
    throw error;
  }
}

/** Unlike the write stream of the handle, leaves the handle open, for the caller to sync and close. */
function writableOn(handle: FileHandle, onWritten?: (bytes: Buffer) => void): Writable {
  return new Writable({
    write(bytes: Buffer, _encoding, done) {
      onWritten?.(bytes);
      writeAll(handle, bytes).then(() => done(), done);
    },
  });
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at)).bytesWritten;
  }
}
