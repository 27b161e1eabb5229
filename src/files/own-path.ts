import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InvalidInputError } from '../errors.ts';

const MAX_LINKS = 40;

/**
 * The file that `path` leads to through symbolic links, where it is safe for this user to write: the links and the file
 * were made by this user or root, and so was the folder. Nothing need exist yet.
 * @throws InvalidInputError where another user could have bent the way, or something else than a file is there
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
  throw new InvalidInputError(`${path} is a symbolic link that leads to itself.`);
}

/**
 * Checks that a folder, or the nearest one above that exists, is one that this user may trust with a file. Root's files
 * must not go where another user chooses, so for root every step of the way there counts.
 */
function checkFolder(folder: string): void {
  if (process.getuid === undefined) {
    return;
  }
  const steps = [...stepsTo(folder)];
  for (const [path, stats] of process.getuid() === 0 ? steps : steps.slice(-1)) {
    checkOwner(path, stats);
    const sticky = (stats.mode & 0o1000) !== 0;
    if (stats.isDirectory() && (stats.mode & 0o002) !== 0 && !sticky) {
      throw new InvalidInputError(`Every user may write to ${path}, so this file is not safe in it.`, {
        hint: `Close it (chmod o-w '${path}'), or choose another file.`,
      });
    }
  }
}

function checkOwner(path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own !== undefined && uid !== own && uid !== 0) {
    throw new InvalidInputError(`${path} belongs to another user (number ${uid}), so nothing is written there.`, {
      hint: 'Run the command as that user, or choose another file.',
    });
  }
}

/** What exists on the way to a folder from the root on, links and what they lead to included. */
function* stepsTo(folder: string): Generator<[path: string, stats: Stats]> {
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
