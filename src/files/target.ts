import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { checkOwner } from './own-path.ts';

const MAX_LINKS = 40;

/**
 * Follows symbolic links and returns the file that `path` means, with its stats if it exists: a link may point to a file that
 * does not exist yet.
 * @throws InvalidInputError for a link of another user, who chose where it leads; the system error for a missing directory
 */
export async function resolveTarget(path: string): Promise<{ path: string; stats: Stats | undefined }> {
  await checkLink(path);
  const stats = await stat(path).catch(undefinedIfMissing);
  // The target of /dev/stdout has no path that could be opened.
  if (stats !== undefined) {
    return { path: stats.isFile() ? await realpath(path) : path, stats };
  }

  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const folder = await realpath(dirname(target));
    target = join(folder, basename(target));
    const next = await readlink(target).catch(undefinedIfMissing);
    if (next === undefined) {
      break;
    }
    target = resolve(folder, next);
    await checkLink(target);
  }
  return { path: target, stats: undefined };
}

async function checkLink(path: string): Promise<void> {
  const stats = await lstat(path).catch(undefinedIfMissing);
  if (stats?.isSymbolicLink()) {
    checkOwner(path, stats);
  }
}

/** For `catch`: a missing file is not an error. */
function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
