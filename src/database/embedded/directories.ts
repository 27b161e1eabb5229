import { chmodSync, chownSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { DatabaseError } from '../../errors.ts';
import { type Account, barrier } from './account.ts';
import { systemCode } from './directory-failure.ts';
import type { EmbeddedPaths } from './location.ts';

/** The longest path of a Unix socket: 104 bytes with the final zero on macOS, 108 on Linux. */
const MAX_SOCKET_PATH = 103;
const LONGEST_SOCKET_NAME = '/.s.PGSQL.65535';

/**
 * Makes the directories of the embedded server, with the owners and modes that they must have.
 * @throws DatabaseError when the account that runs the server cannot get there
 */
export function makeDirectories(paths: EmbeddedPaths, account: Account): void {
  // Only root's server runs under another account, which has to pass through.
  mkdirSync(paths.directory, { recursive: true, mode: account.foreign ? 0o711 : 0o700 });
  openTheWay(paths.directory, account);
  makePrivate(paths.home, account);
}

/**
 * The directory for the server's socket, made if need be: its own where the path is short enough for a socket, else one
 * with a short name that is always the same for this server.
 * @throws DatabaseError when somebody else has made that directory, or opened it to others
 */
export function makeSocketDirectory(paths: EmbeddedPaths, account: Account): string {
  const hash = createHash('sha256').update(paths.data).digest('hex').slice(0, 12);
  const short = `webmacs-${account.uid}-${hash}`;
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  const parents = [...(runtime && !account.foreign ? [runtime] : []), tmpdir(), '/tmp'];
  const candidates = [paths.sockets, ...parents.filter(isDirectory).map((parent) => join(parent, short))];
  const directory = candidates.find((path) => Buffer.byteLength(path + LONGEST_SOCKET_NAME) <= MAX_SOCKET_PATH);
  if (!directory) {
    throw new DatabaseError(`The path ${paths.sockets} is too long for a Unix socket, and so are those of ${tmpdir()}.`, {
      hint: 'Set WEBMACS_DATA_DIR to a shorter one.',
    });
  }
  makePrivate(directory, account);
  return directory;
}

/**
 * Checks that nobody but the account, and root, can put a socket into the directory.
 * @throws DatabaseError when somebody can
 */
export function checkPrivate(directory: string, account: Account): void {
  const status = lstatSync(directory);
  const owned = status.isDirectory() && status.uid === account.uid;
  if (!owned || (status.mode & 0o077) !== 0) {
    throw new DatabaseError(
      `The directory ${directory} ${owned ? 'is open to other users' : `does not belong to ${account.name}`}, so the embedded database is not safe in it.`,
      { hint: 'Somebody else may have made it: remove it and try again, or set WEBMACS_DATA_DIR to another place.' },
    );
  }
}

function makePrivate(directory: string, account: Account): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') {
      throw error;
    }
  }
  // Root's own is one that this or another command has just made, not yet handed over.
  if (account.foreign && lstatSync(directory).uid === 0) {
    chownSync(directory, account.uid, account.gid);
  }
  checkPrivate(directory, account);
}

function openTheWay(directory: string, account: Account): void {
  if (!account.foreign) {
    return;
  }
  const { uid, mode } = statSync(directory);
  if (uid === 0 && (mode & 0o001) === 0) {
    chmodSync(directory, mode | 0o111);
  }
  const closed = barrier(join(directory, '.'), account);
  if (closed && closed !== directory) {
    throw new DatabaseError(`The account ${account.name}, which runs the database for root, cannot enter ${closed}.`, {
      hint: `Set WEBMACS_DATA_DIR to a directory that it can enter, such as one below /var/lib, or DATABASE_URL to a server of your own.`,
    });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
