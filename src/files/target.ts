import type { Stats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

const MAX_LINKS = 40;

/**
 * The file that `path` means once symbolic links are followed, and what is there: a link may lead to a file yet to be
 * made.
 * @throws the system's error for a missing directory.
 */
export async function resolveTarget(path: string): Promise<{ path: string; stats: Stats | undefined }> {
  const stats = await stat(path).catch(absent);
  // What /dev/stdout links to has no path that could be opened.
  if (stats !== undefined) {
    return { path: stats.isFile() ? await realpath(path) : path, stats };
  }

  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const folder = await realpath(dirname(target));
    target = join(folder, basename(target));
    const next = await readlink(target).catch(absent);
    if (next === undefined) {
      break;
    }
    target = resolve(folder, next);
  }
  return { path: target, stats: undefined };
}

/** For `catch`: that nothing is there is an answer. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
