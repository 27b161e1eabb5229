import { rm } from 'node:fs/promises';
import { readOwn, writeWhole } from '../../files/whole-file.ts';
import type { Paths } from './directory.ts';

/** In another user's directory, that user must be able to read what root writes. */
const PRIVATE = { mode: 0o600, toFolderOwner: true };

/** Records that the server is to stay up without commands using it. */
export interface Marker {
  /** TCP port on the loopback interface. */
  port?: number;
}

/** Returns what `db start` requested, or undefined if the server stops with its last command. */
export function readMarker(paths: Paths): Marker | undefined {
  try {
    const { port } = JSON.parse(readOwn(paths.marker) ?? '') as { port?: unknown };
    return typeof port === 'number' ? { port } : {};
  } catch {
    return undefined;
  }
}

/** Lets the server stay up, or no longer. Requires a lease: the last one to be released reads the marker. */
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
