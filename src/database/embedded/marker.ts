import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { systemCode } from './directory-failure.ts';
import type { EmbeddedPaths } from './location.ts';

/** That the server is to stay up without a command that uses it, and on which TCP port, if any. */
export interface Marker {
  readonly port?: number;
}

/**
 * What `db start` has asked for, or undefined where the server is to go with its last command.
 * @throws DatabaseError when the file is damaged
 */
export function readMarker(paths: EmbeddedPaths): Marker | undefined {
  const text = readPrivate(paths.marker);
  if (text === undefined) {
    return undefined;
  }
  try {
    const { port } = JSON.parse(text) as { port?: unknown };
    return typeof port === 'number' ? { port } : {};
  } catch (error) {
    throw new DatabaseError(`The file ${paths.marker} is damaged.`, {
      hint: 'Remove it, or run "webmacs db stop".',
      cause: error,
    });
  }
}

/** Asks for the server to stay up, or, without a marker, to go with its last command. */
export function writeMarker(paths: EmbeddedPaths, marker: Marker | undefined): void {
  if (marker) {
    writePrivate(paths.marker, `${JSON.stringify(marker)}\n`);
  } else {
    rmSync(paths.marker, { force: true });
  }
}

/** The password for the TCP port, where one has been set. */
export function readPassword(paths: EmbeddedPaths): string | undefined {
  return readPrivate(paths.password)?.trimEnd();
}

/** Remembers the password for the TCP port, for its owner's eyes only. */
export function writePassword(paths: EmbeddedPaths, password: string): void {
  writePrivate(paths.password, `${password}\n`);
}

function readPrivate(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function writePrivate(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const { uid, gid } = statSync(dirname(path));
  if (process.getuid?.() === 0 && uid !== 0) {
    // Root acts in a user's directory: the user must be able to read and remove it later.
    chownSync(temporary, uid, gid);
  }
  renameSync(temporary, path);
}
