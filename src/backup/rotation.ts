import { rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { InvalidInputError } from '../errors.ts';
import { partPath } from '../files/part-name.ts';
import { type FoundBackup, findBackups } from './list.ts';
import type { Manifest } from './manifest.ts';

const PLACEHOLDERS: Record<string, string> = { date: String.raw`\d{4}-\d\d-\d\d`, time: String.raw`\d\d-\d\d-\d\d` };
const PLACEHOLDER = /\{([^{}]*)\}/g;

/** How many of the backups with names of a pattern are kept. */
export interface Rotation {
  /** The newest ones. */
  keep?: number;
  /** The newest of each month, for so many months. */
  keepMonthly?: number;
}

/**
 * Fills in the placeholders of a file name: `{date}` and `{time}`.
 * @param local ISO 8601, such as 2026-11-25T16:00:00+01:00
 * @throws InvalidInputError for any other
 */
export function expandName(path: string, local: string): string {
  const values: Record<string, string> = { date: local.slice(0, 10), time: local.slice(11, 19).replaceAll(':', '-') };
  return path.replace(PLACEHOLDER, (given, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new InvalidInputError(`The name of the output has an unknown placeholder: ${given}.`, {
        hint: 'Use {date} and {time}.',
      });
    }
    return value;
  });
}

/** @throws InvalidInputError if the files of a pattern would all have one name, or be in several folders */
export function expectPattern(path: string): void {
  if (!basename(path).includes('{date}') || dirname(path).includes('{')) {
    throw new InvalidInputError('--keep and --keep-monthly need {date} in the name of the file.', {
      hint: "For example: -o 'backups/{date}.tar.zst'",
    });
  }
}

/**
 * Deletes older backups of a database, once a new one was verified: only those that are whole, have a name of the pattern, and
 * contain the same: one without datapoints does not replace one with them.
 * @returns what was deleted, and what was left since it is damaged
 */
export async function rotate(
  pattern: string,
  created: { path: string; manifest: Manifest },
  rotation: Rotation,
): Promise<{ deleted: FoundBackup[]; damaged: FoundBackup[] }> {
  const name = nameOf(pattern);
  const found = await findBackups(dirname(pattern), (each) => name.test(each));
  const whole = found.filter(({ manifest }) => manifest && scopeOf(manifest) === scopeOf(created.manifest));
  const kept = keptOf(whole, rotation);
  const deleted = whole.filter((backup) => !kept.has(backup) && backup.name !== basename(created.path));
  for (const { path } of deleted) {
    // Gone at once, even if this is interrupted: the next backup then removes the rest.
    const gone = partPath(path);
    await rename(path, gone);
    await rm(gone, { recursive: true });
  }
  return { deleted, damaged: found.filter(({ problem }) => problem !== undefined) };
}

/** What was to be backed up; a time range usually differs each day. */
function scopeOf({ database, without, from, to }: Manifest): string {
  return JSON.stringify([database, without, from !== null, to !== null]);
}

/** @param backups the newest first */
function keptOf(backups: readonly FoundBackup[], { keep = 0, keepMonthly = 0 }: Rotation): Set<FoundBackup> {
  const monthOf = ({ manifest }: FoundBackup) => manifest?.created_on.slice(0, 7) ?? '';
  const newestOfMonths = backups.filter(
    (backup, at) => at === 0 || monthOf(backup) !== monthOf(backups[at - 1] ?? backup),
  );
  return new Set([...backups.slice(0, keep), ...newestOfMonths.slice(0, keepMonthly)]);
}

/** Returns what matches the names that a pattern expands to. */
function nameOf(pattern: string): RegExp {
  const parts = basename(pattern).split(PLACEHOLDER);
  const source = parts.map((part, at) =>
    at % 2 === 1 ? (PLACEHOLDERS[part] ?? '') : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`);
}
