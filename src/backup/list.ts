import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WebmacsError } from '../errors.ts';
import { inputError } from '../files/input.ts';
import { ENTRY_SUFFIX, FILE_SUFFIX } from './archive.ts';
import { MANIFEST_NAME, type Manifest } from './manifest.ts';
import { openBackup } from './read.ts';

/** A backup in a folder. */
export interface FoundBackup {
  name: string;
  path: string;
  /** `undefined` if it cannot be used. */
  manifest: Manifest | undefined;
  bytes: number | undefined;
  /** Why it cannot be used. */
  problem: string | undefined;
}

/** Finds the backups in a folder, and reads their manifests, not their rows; the newest first, then those that are damaged. */
export async function findBackups(folder: string, isWanted = (_name: string) => true): Promise<FoundBackup[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw inputError(error, folder);
  });
  const found: FoundBackup[] = [];
  for (const name of names.filter((each) => !each.startsWith('.') && isWanted(each)).sort()) {
    const path = join(folder, name);
    if (
      name.endsWith(FILE_SUFFIX) ||
      (await stat(join(path, `${MANIFEST_NAME}${ENTRY_SUFFIX}`)).catch(() => undefined))
    ) {
      found.push({ name, path, ...(await contentOf(path)) });
    }
  }
  const momentOf = ({ manifest }: FoundBackup) => manifest?.created_on ?? '';
  return found.sort((one, other) => (momentOf(one) < momentOf(other) ? 1 : momentOf(one) > momentOf(other) ? -1 : 0));
}

async function contentOf(path: string): Promise<Pick<FoundBackup, 'manifest' | 'bytes' | 'problem'>> {
  try {
    await using backup = await openBackup(path);
    return { manifest: backup.manifest, bytes: backup.bytes, problem: undefined };
  } catch (error) {
    if (error instanceof WebmacsError) {
      return { manifest: undefined, bytes: undefined, problem: error.message };
    }
    throw error;
  }
}
