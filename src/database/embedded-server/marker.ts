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
import type { Paths } from './directory.ts';

/** That the server is to stay up with no command using it. */
export interface Marker {
  /** TCP port on the loopback interface. */
  port?: number;
}

/** What `db start` asked for, or undefined where the server goes with its last command. */
export function keepMarker(paths: Paths): Marker | undefined {
  try {
    const { port } = JSON.parse(readFileSync(paths.marker, 'utf8')) as { port?: unknown };
    return typeof port === 'number' ? { port } : {};
  } catch {
    return undefined;
  }
}

/** Asks for the server to stay up, or no longer. Only who has a lease may ask for it: the last one out reads it. */
export function writeMarker(paths: Paths, marker: Marker | undefined): void {
  if (marker) {
    writePrivate(paths.marker, JSON.stringify(marker), paths);
  } else {
    rmSync(paths.marker, { force: true });
  }
}

export function readPassword(paths: Paths): string | undefined {
  try {
    return readFileSync(paths.password, 'utf8');
  } catch {
    return undefined;
  }
}

export function writePassword(paths: Paths, password: string): void {
  writePrivate(paths.password, password, paths);
}

function writePrivate(path: string, text: string, { directory }: Paths): void {
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (process.getuid?.() === 0) {
    // Where root works in somebody's directory, they must be able to read it.
    const { uid, gid } = statSync(directory);
    chownSync(temporary, uid, gid);
  }
  renameSync(temporary, path);
}
