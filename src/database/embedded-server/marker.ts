import { rm } from 'node:fs/promises';
import { readOwn, writeWhole } from '../../files/whole-file.ts';
import type { Paths } from './directory.ts';

/** Where root works in somebody's directory, they must be able to read what it leaves there. */
const PRIVATE = { mode: 0o600, toFolderOwner: true };

/** That the server is to stay up with no command using it. */
export interface Marker {
  /** TCP port on the loopback interface. */
  port?: number;
}

/** What `db start` asked for, or undefined where the server goes with its last command. */
export function readMarker(paths: Paths): Marker | undefined {
  try {
    const { port } = JSON.parse(readOwn(paths.marker) ?? '') as { port?: unknown };
    return typeof port === 'number' ? { port } : {};
  } catch {
    return undefined;
  }
}

/** Asks for the server to stay up, or no longer. Only who has a lease may ask for it: the last one out reads it. */
export async function writeMarker(paths: Paths, marker: Marker | undefined): Promise<void> {
  if (marker) {
    await writeWhole(paths.marker, JSON.stringify(marker), PRIVATE);
  } else {
    await rm(paths.marker, { force: true });
  }
}

export function readPassword(paths: Paths): string | undefined {
  return readOwn(paths.password);
}

export async function writePassword(paths: Paths, password: string): Promise<void> {
  await writeWhole(paths.password, password, PRIVATE);
}
