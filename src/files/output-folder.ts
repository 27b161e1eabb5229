import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConflictError } from '../errors.ts';
import { fileError } from './file-error.ts';
import { syncFolder } from './part-file.ts';
import { partPath, removeAbandoned } from './part-name.ts';
import { resolveTarget } from './target.ts';

/**
 * Calls `fill` with a new folder, which only its owner can enter, and which becomes the folder `path` once `fill` resolves; its
 * files must be on disk then. Until then it has a hidden, temporary name next to it, and is removed if `fill` rejects.
 * @throws ConflictError if something is there, NotFoundError for a missing parent, and what `fill` throws
 */
export async function withOutputFolder<T>(path: string, fill: (folder: string) => Promise<T>): Promise<T> {
  try {
    const target = await resolveTarget(resolve(path));
    if (target.stats !== undefined) {
      throw exists(path);
    }
    removeAbandoned(dirname(target.path));
    const part = partPath(target.path);
    await mkdir(part, { mode: 0o700 });
    try {
      const result = await fill(part);
      await syncFolder(part);
      // Unlike a file, a folder with content is never replaced by this.
      await rename(part, target.path);
      await syncFolder(dirname(target.path));
      return result;
    } finally {
      await rm(part, { force: true, recursive: true });
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

function exists(path: string): ConflictError {
  return new ConflictError(`${path} already exists.`, { hint: 'Choose another name, or move it away.' });
}
