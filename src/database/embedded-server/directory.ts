import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { baseDirectory, type Environment } from '../../environment.ts';
import { DatabaseError } from '../../errors.ts';
import { systemCode } from '../../files/file-error.ts';
import { makeOwnFolder } from '../../files/make-folder.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Account, accountName, canReach, changeOwner } from './account.ts';
import { directoryFailure } from './failure.ts';

/** The major version of the embedded server: each version has its own directory. */
export const MAJOR_VERSION = 17;

/** The kernel's limit for the path of a socket, with the name that the server appends. */
const MAX_SOCKET_PATH = 103;
const SOCKET_NAME = '/.s.PGSQL.65535';

/**
 * The paths of the embedded server. PostgreSQL writes in `home`, which belongs to the account that runs it; the program writes
 * beside it, so that root never follows a path that the account could have redirected.
 */
export interface Paths {
  directory: string;
  home: string;
  data: string;
  /** The socket directory of a server to be started; a running one may have another. */
  socket: string;
  log: string;
  /** Exists while the server is to stay up without commands using it. */
  marker: string;
  /** The password for TCP. */
  password: string;
}

/**
 * Returns the directory of the embedded server: WEBMACS_DATA_DIR, or one in the XDG data directory, which is /var/lib for root
 * unless it is set.
 * @param uid of the user, -1 if the system has none
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function embeddedDirectory(environment: Environment, uid: number): string {
  const { WEBMACS_DATA_DIR: chosen, HOME: home } = environment;
  if (chosen) {
    return resolve(chosen);
  }
  const fallback = uid === 0 ? '/var/lib' : join(home || homedir(), '.local', 'share');
  return join(baseDirectory(environment, 'XDG_DATA_HOME') ?? fallback, 'webmacs');
}

/**
 * Returns the paths in the embedded server's directory.
 * @param runtimeDirectory of the user, XDG_RUNTIME_DIR, for a socket whose path would be too long in the directory
 */
export function pathsIn(directory: string, runtimeDirectory?: string): Paths {
  const root = resolve(directory);
  const home = join(root, String(MAJOR_VERSION));
  return {
    directory: root,
    home,
    data: join(home, 'data'),
    socket: socketDirectory(home, runtimeDirectory),
    log: join(root, 'server.log'),
    marker: join(root, 'keep.json'),
    password: join(root, 'password'),
  };
}

/**
 * Creates the directories with the required owners and modes.
 * @throws DatabaseError when another user owns one or can write to it, or the account cannot reach it
 */
export function makeDirectories(paths: Paths, account: Account | undefined): void {
  try {
    makeOwnFolder(paths.directory);
    if ((statSync(paths.directory).mode & 0o002) !== 0) {
      throw accessibleToOthers(paths.directory, 'o-w');
    }
    if (account) {
      allowTraversal(paths, account);
    }
    makePrivate(paths.home, account);
    makePrivate(paths.socket, account);
  } catch (error) {
    throw directoryFailure(error, paths.directory);
  }
}

/** Returns the directory in the server's home if a socket's path is short enough there, else one with a short name. */
function socketDirectory(home: string, runtimeDirectory: string | undefined): string {
  const uid = process.getuid?.() ?? 0;
  const name = `webmacs-${uid}-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
  // Root's server runs under another account, which cannot access root's runtime directory.
  const runtime = uid === 0 ? undefined : runtimeDirectory;
  const candidates = [join(home, 'socket'), ...(runtime ? [join(runtime, name)] : []), join(tmpdir(), name)];
  const fits = (path: string) => Buffer.byteLength(path + SOCKET_NAME) <= MAX_SOCKET_PATH;
  return candidates.find(fits) ?? join('/tmp', name);
}

function makePrivate(path: string, account: Account | undefined): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') {
      throw error;
    }
  }
  const made = lstatSync(path);
  if (made.isDirectory() && made.uid === 0) {
    // Just created by this command or a concurrent one.
    changeOwner(path, account);
  }
  const found = lstatSync(path);
  const owner = account?.uid ?? process.getuid?.();
  if (!found.isDirectory() || found.uid !== owner) {
    const whose = found.isDirectory() ? `belongs to ${accountName(found.uid)}` : 'is not a directory';
    throw new DatabaseError(`${path} ${whose}, so the embedded database is not safe in it.`, {
      hint: 'Remove it if nobody needs it, or choose another directory with WEBMACS_DATA_DIR.',
    });
  }
  if ((found.mode & 0o077) !== 0) {
    throw accessibleToOthers(path, '700');
  }
}

function allowTraversal(paths: Paths, account: Account): void {
  const { uid, mode } = statSync(paths.directory);
  const names = readdirSync(paths.directory);
  const isOurs = names.includes(basename(paths.home)) || names.length === 0;
  if (uid === 0 && (mode & 0o001) === 0 && isOurs) {
    chmodSync(paths.directory, (mode & 0o7777) | 0o011);
  }
  if (!canReach(account, paths.home)) {
    throw new DatabaseError(
      `The account ${account.name}, which runs PostgreSQL for root, cannot reach ${paths.home}.`,
      { hint: 'Allow access to the directories above it (chmod o+x), or choose another one with WEBMACS_DATA_DIR.' },
    );
  }
}

function accessibleToOthers(path: string, mode: string): DatabaseError {
  return new DatabaseError(`${path} is accessible to other users, so the embedded database is not safe in it.`, {
    hint: `Remove their access: chmod ${mode} ${shellWord(path)}`,
  });
}
