import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** The major version of PostgreSQL that the binary packages bring, and so of the data directories that can be served. */
export const MAJOR_VERSION = 17;

/** The role that owns everything in the embedded server, and its database. */
export const USER = 'webmacs';
export const DATABASE = 'webmacs';

/**
 * Where the embedded server keeps its data: `WEBMACS_DATA_DIR`, else `/var/lib/webmacs` for root, else `webmacs` in the
 * XDG data directory.
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function embeddedDirectory(environment: Record<string, string | undefined>, uid: number): string {
  if (environment.WEBMACS_DATA_DIR) {
    return resolve(environment.WEBMACS_DATA_DIR);
  }
  if (uid === 0) {
    return '/var/lib/webmacs';
  }
  const { XDG_DATA_HOME: data, HOME: home } = environment;
  return data && isAbsolute(data) ? join(data, 'webmacs') : join(home || homedir(), '.local', 'share', 'webmacs');
}

/**
 * The files of an embedded server. What the program writes lies in `directory`, which belongs to the caller; what
 * PostgreSQL writes lies in `home`, which belongs to the account that runs it. So root never follows a path that an
 * unprivileged account could have bent.
 */
export interface EmbeddedPaths {
  readonly directory: string;
  readonly home: string;
  readonly data: string;
  readonly sockets: string;
  readonly log: string;
  readonly marker: string;
  readonly password: string;
}

/** The files of the embedded server in a directory. */
export function embeddedPaths(directory: string): EmbeddedPaths {
  const root = resolve(directory);
  const home = join(root, 'server');
  return {
    directory: root,
    home,
    data: join(home, 'data'),
    sockets: join(home, 'socket'),
    log: join(root, 'server.log'),
    marker: join(root, 'keep.json'),
    password: join(root, 'password'),
  };
}
