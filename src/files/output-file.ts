import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { compressionFor } from './compression.ts';
import { fileError, fileExists } from './file-error.ts';
import { partFile } from './part-file.ts';
import { resolveTarget } from './target.ts';

export interface OutputFileOptions {
  /** Replace an existing file. Without it nothing is ever overwritten, not even a file created in the meantime. */
  force?: boolean;
}

/**
 * Calls `fill` with a stream whose bytes become the file `path`; `fill` need not end it. The file appears under its name
 * once it is complete and on disk: until then the bytes are in a hidden file `.NAME.part-RANDOM` next to it, which is
 * removed if `fill` rejects. A replaced file keeps its permissions, a symbolic link stays one, and anything but a regular
 * file (`/dev/null`, a pipe) is written to directly. The output is compressed if the name ends in `.gz` or `.zst`.
 *
 * @throws ConflictError if the file exists, NotFoundError for a missing directory, InvalidInputError if the path cannot be
 * written to, and what `fill` throws.
 */
export async function withOutputFile<T>(
  path: string,
  options: OutputFileOptions,
  fill: (stream: Writable) => Promise<T>,
): Promise<T> {
  try {
    const target = await resolveTarget(path);
    if (target.stats !== undefined && !target.stats.isFile()) {
      return await writeDirectly(target.path, path, fill);
    }
    if (target.stats !== undefined && !options.force) {
      throw fileExists(path);
    }
    return await writeAndRename(target, path, options.force ?? false, fill);
  } catch (error) {
    throw fileError(error, path);
  }
}

async function writeDirectly<T>(target: string, name: string, fill: (stream: Writable) => Promise<T>): Promise<T> {
  await using handle = await open(target, 'w');
  return await fillHandle(handle, name, fill);
}

async function writeAndRename<T>(
  target: { path: string; stats: Stats | undefined },
  name: string,
  force: boolean,
  fill: (stream: Writable) => Promise<T>,
): Promise<T> {
  await using part = await partFile(target.path, target.stats);
  const result = await fillHandle(part.handle, name, fill);
  await part.handle.sync();
  if (force) {
    await part.replace();
  } else if (!(await part.publish())) {
    throw fileExists(name);
  }
  return result;
}

async function fillHandle<T>(handle: FileHandle, name: string, fill: (stream: Writable) => Promise<T>): Promise<T> {
  const file = writableOn(handle);
  const compression = compressionFor(name);
  const stream = compression ?? file;
  const written = compression === undefined ? finished(file) : pipeline(compression, file);
  // Also rejects when `fill` does, whose error is the one to report.
  written.catch(() => {});
  try {
    const result = await fill(stream);
    stream.end();
    await written;
    return result;
  } catch (error) {
    stream.destroy();
    file.destroy();
    await written.catch(() => {});
    throw error;
  }
}

/** Unlike the write stream of the handle, leaves the handle open, for the caller to sync and close. */
function writableOn(handle: FileHandle): Writable {
  return new Writable({
    write(bytes: Buffer, _encoding, done) {
      writeAll(handle, bytes).then(() => done(), done);
    },
  });
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at)).bytesWritten;
  }
}
