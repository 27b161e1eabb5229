import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withPath } from './file-error.ts';
import { partFile } from './part-file.ts';

export interface WholeFileOptions {
  /** Permissions, before the umask. */
  mode?: number;
  /** Gives the file to the owner of its folder if root works in another user's folder. */
  toFolderOwner?: boolean;
}

/**
 * Writes a small file atomically: under a random name next to it, which nobody can have created first, then synced, then
 * renamed over what is there, even a symbolic link. A reader sees the old content or the new, even after a power failure.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mode = 0o666, toFolderOwner = false }: WholeFileOptions = {},
): Promise<void> {
  await using part = await partFile(path, undefined, mode);
  if (toFolderOwner && process.getuid?.() === 0) {
    const { uid, gid } = await stat(dirname(path));
    await part.handle.chown(uid, gid);
  }
  try {
    await part.handle.writeFile(content);
    await part.handle.sync();
  } catch (error) {
    throw withPath(error, path);
  }
  await part.replace();
}

/**
 * Returns the text of a file that the program has written into a folder of its own; `undefined` if there is none, or one
 * that another user than the owner of the folder has put there, even by a link.
 */
export function readOwn(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
  try {
    return isOwn(file, path) ? readFileSync(file, 'utf8') : undefined;
  } finally {
    closeSync(file);
  }
}

/**
 * Whether an open file is a regular file of the owner of its folder. Root accepts no other: a hard link in a user's folder
 * may point to any file.
 */
export function isOwn(file: number, path: string): boolean {
  const stats = fstatSync(file);
  const uid = process.getuid?.() ?? 0;
  return stats.isFile() && (stats.uid === statSync(dirname(path)).uid || (uid !== 0 && stats.uid === uid));
}
