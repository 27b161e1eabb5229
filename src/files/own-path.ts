import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { shellWord } from '../text/shell-word.ts';

const MAX_LINKS = 40;

/**
 * Returns the file that `path` resolves to through symbolic links, if it is safe for this user to write: the links, the file
 * and its folder belong to this user or root. Nothing need exist yet.
 * @throws InvalidInputError if another user could have redirected the path, or something other than a file is there
 */
export function ownFile(path: string): string {
  let at = resolve(path);
  for (let links = 0; links <= MAX_LINKS; links++) {
    checkFolder(dirname(at));
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats === undefined) {
      return at;
    }
    checkOwner(at, stats);
    if (stats.isFile()) {
      return at;
    }
    if (!stats.isSymbolicLink()) {
      throw new InvalidInputError(`${at} is not a regular file.`, { hint: 'Use the path of a file.' });
    }
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw new InvalidInputError(`${path} is a symbolic link that points to itself.`);
}

/**
 * Checks that this user can trust a folder, or its nearest existing ancestor, with a file. Root must not write where another
 * user chooses, so for root every component of the path counts.
 */
function checkFolder(folder: string): void {
  if (process.getuid === undefined) {
    return;
  }
  const components = [...componentsOf(folder)];
  for (const [path, stats] of process.getuid() === 0 ? components : components.slice(-1)) {
    checkOwner(path, stats);
    const sticky = (stats.mode & 0o1000) !== 0;
    if (stats.isDirectory() && othersMayWrite(stats) && !sticky) {
      throw new InvalidInputError(`${path} is writable by other users, so this file would not be safe there.`, {
        hint: `Restrict it (chmod go-w ${shellWord(path)}), or choose another file.`,
      });
    }
  }
}

/**
 * Whether the permissions allow other users to write. A user's own group is often private, and its files writable by it; for
 * root, a group other than root's has other users.
 */
export function othersMayWrite({ mode, gid }: Stats): boolean {
  const own = process.getuid?.();
  return own !== undefined && ((mode & 0o002) !== 0 || (own === 0 && gid !== 0 && (mode & 0o020) !== 0));
}

/** Whether the permissions allow other users to read; a group may read what belongs to root, as in libpq. */
export function othersMayRead({ mode, uid }: Stats): boolean {
  return process.getuid !== undefined && (mode & (uid === 0 ? 0o004 : 0o044)) !== 0;
}

/** @throws InvalidInputError if neither this user nor root owns the file or link */
export function checkOwner(path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own !== undefined && uid !== own && uid !== 0) {
    throw new InvalidInputError(`${path} belongs to another user (UID ${uid}), so nothing is written there.`, {
      hint: 'Run the command as that user, or choose another file.',
    });
  }
}

/** Yields the existing components of a path from the root on, including links and their targets. */
function* componentsOf(folder: string): Generator<[path: string, stats: Stats]> {
  let at = '/';
  let names = namesIn(folder);
  yield [at, lstatSync(at)];
  for (let links = 0; links <= MAX_LINKS && names.length > 0; ) {
    const [name = '', ...rest] = names;
    const path = join(at, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      return;
    }
    yield [path, stats];
    if (stats.isSymbolicLink()) {
      names = [...namesIn(resolve(at, readlinkSync(path))), ...rest];
      at = '/';
      links++;
    } else {
      names = rest;
      at = path;
    }
  }
}

function namesIn(path: string): string[] {
  return resolve(path).split('/').filter(Boolean);
}
