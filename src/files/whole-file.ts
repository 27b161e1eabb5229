import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { partFile } from './part-file.ts';

export interface WholeFileOptions {
  /** Permissions, before the umask. */
  mode?: number;
  /** Gives the file to the owner of its folder, where root works in somebody else's. */
  toFolderOwner?: boolean;
}

/**
 * Writes a small file: under a random name beside its place, which nobody can have made first, then to the disk, then in
 * place of what is there, be it a symbolic link. A reader sees the old content or the new, also after a power failure.
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
  await part.handle.writeFile(content);
  await part.handle.sync();
  await part.replace();
}

/**
 * The text of a file that the program has written into a folder of its own; `undefined` where there is none, or one that
 * somebody else than the folder's owner has put there, also by a link.
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
 * Whether an open file is a regular one of the folder's owner. For root nothing else will do: a hard link in somebody's
 * folder may lead to any file.
 */
export function isOwn(file: number, path: string): boolean {
  const stats = fstatSync(file);
  const uid = process.getuid?.() ?? 0;
  return stats.isFile() && (stats.uid === statSync(dirname(path)).uid || (uid !== 0 && stats.uid === uid));
}
