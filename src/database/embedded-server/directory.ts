import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseError } from '../../errors.ts';

/** The major version of the embedded server: each has a directory of its own. */
export const MAJOR_VERSION = 17;

/** A socket's path must fit the kernel's structure, together with the name that the server adds. */
const MAX_SOCKET_PATH = 103;
const SOCKET_NAME = '/.s.PGSQL.65535';

/** Where the embedded server keeps what. */
export interface Paths {
  /** Owned by the account that runs the server, which alone can enter it. */
  home: string;
  data: string;
  socket: string;
  log: string;
  /** Present while the server is to stay up with no command using it. */
  marker: string;
  /** The password for TCP, where a port is open. */
  password: string;
}

/**
 * The directory of the embedded server: WEBMACS_DATA_DIR, or for root /var/lib/webmacs, or under the XDG data directory.
 * @param uid of the user, -1 where the system has none
 */
export function embeddedDirectory(environment: Record<string, string | undefined>, uid: number): string {
  if (environment.WEBMACS_DATA_DIR) {
    return environment.WEBMACS_DATA_DIR;
  }
  if (uid === 0) {
    return '/var/lib/webmacs';
  }
  return join(environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local', 'share'), 'webmacs');
}

/** The paths under the embedded server's directory. */
export function pathsIn(directory: string): Paths {
  const home = join(directory, String(MAJOR_VERSION));
  const socket = join(home, 'socket');
  return {
    home,
    data: join(home, 'data'),
    socket: Buffer.byteLength(socket + SOCKET_NAME) > MAX_SOCKET_PATH ? shortSocketDirectory(home) : socket,
    log: join(home, 'server.log'),
    marker: join(home, 'keep.json'),
    password: join(home, 'password'),
  };
}

/** What `db start` asked for, or undefined where the server goes with its last command. */
export function keepMarker(paths: Paths): { port?: number } | undefined {
  try {
    return JSON.parse(readFileSync(paths.marker, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Makes a directory that its owner alone can enter.
 * @throws DatabaseError when somebody else made it first, or it cannot be made
 */
export function makePrivate(path: string, chown: (path: string) => void, owner: number | undefined): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new DatabaseError(`The embedded server cannot make the directory ${path}: ${messageOf(cause)}.`, {
      hint: 'Choose another with WEBMACS_DATA_DIR, or set DATABASE_URL.',
      cause,
    });
  }
  const found = lstatSync(path);
  const mine = found.uid === process.getuid?.() || found.uid === owner;
  if (!found.isDirectory() || !mine) {
    throw new DatabaseError(`${path} belongs to somebody else.`, { hint: 'Remove it, or set WEBMACS_DATA_DIR.' });
  }
  if ((found.mode & 0o077) !== 0) {
    throw new DatabaseError(`${path} is open to other users.`, { hint: `Close it: chmod 700 '${path}'` });
  }
  chown(path);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shortSocketDirectory(home: string): string {
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
  return join(process.env.XDG_RUNTIME_DIR || tmpdir(), `webmacs-${process.getuid?.() ?? 0}-${name}`);
}
