import type { Stats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

const MAX_LINKS = 40;

/**
 * Follows symbolic links and returns the file that `path` means, with its stats if it exists: a link may point to a file that
 * does not exist yet.
 * @throws the system error for a missing directory
 */
export async function resolveTarget(path: string): Promise<{ path: string; stats: Stats | undefined }> {
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
  }
  return { path: target, stats: undefined };
}

/** For `catch`: a missing file is not an error. */
function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
