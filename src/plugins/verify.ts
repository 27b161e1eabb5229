import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';
import { fileError } from '../files/file-error.ts';
import { sha256Of, WORK_FOLDER, Work } from './journal.ts';
import { type PackagesLock, withPackagesLock } from './lock.ts';
import { normalisedName, sameName } from './package-name.ts';
import { allPackages, type PackageRow } from './packages.ts';
import { installedVersions, pythonPath, type Surroundings } from './python.ts';
import { describe } from './recover.ts';
import { sameVersion } from './version.ts';

/** A way in which file, row and Python disagree. */
export interface Difference {
  package: string | null;
  problem:
    | 'missing'
    | 'changed'
    | 'unfiled'
    | 'orphaned'
    | 'leftover'
    | 'interrupted'
    | 'not in Python'
    | 'other version';
  file: string | null;
  detail: string;
}

export interface VerifySettings extends PackagesLock, Surroundings {
  directory: string;
  /** Whether a missing directory is as good as an empty one. */
  mayBeMissing: boolean;
  /** The Python to compare with, where it is to be. */
  python: string | undefined;
}

/**
 * Compares every package, or one, with its wheel, and the plugin directory with the packages; nothing is changed.
 * @returns how many packages were looked at, and what is off
 * @throws NotFoundError for an unknown package or a missing directory
 */
export async function verifyPackages(
  em: EntityManager,
  name: string | undefined,
  settings: VerifySettings,
): Promise<{ packages: number; differences: Difference[] }> {
  return await withPackagesLock(em, 'shared', settings, async () => {
    const rows = await allPackages(em);
    const files = await filesIn(settings);
    const wanted = rows.filter(({ packageName }) => name === undefined || sameName(packageName, name));
    const beside = (await besidePackages(settings.directory, files, rows)).filter(
      ({ package: of }) => name === undefined || (of !== null && sameName(of, name)),
    );
    if (name !== undefined && wanted.length + beside.length === 0) {
      throw new NotFoundError(`Plugin package "${name}" not found.`, {
        hint: '"webmacs plugins packages list" has them.',
      });
    }
    const differences = (await Promise.all(wanted.map(fileDifferences))).flat();
    if (settings.python !== undefined) {
      const python = pythonPath(settings.python);
      differences.push(...pythonDifferences(wanted, await installedVersions(python, settings), python));
    }
    return { packages: wanted.length, differences: [...differences, ...beside] };
  });
}

async function fileDifferences(row: PackageRow): Promise<Difference[]> {
  const { packageName, filePath, fileHashSha256, fileSizeBytes, source } = row;
  const found = (problem: Difference['problem'], detail: string) => [
    { package: packageName, problem, file: filePath ?? null, detail },
  ];
  if (!filePath) {
    return source === 'bundled' ? [] : found('unfiled', 'the row names no file');
  }
  const there = await stat(filePath).catch(() => undefined);
  if (!there) {
    return found('missing', 'there is no such file');
  }
  const hash = await sha256Of(filePath);
  if (hash === undefined) {
    return found('missing', 'it cannot be read');
  }
  if (fileSizeBytes != null && there.size !== fileSizeBytes) {
    return found('changed', `it has ${there.size} bytes, its row ${fileSizeBytes}`);
  }
  return fileHashSha256 && hash !== fileHashSha256 ? found('changed', 'its SHA-256 is not that of its row') : [];
}

function pythonDifferences(rows: PackageRow[], versions: ReadonlyMap<string, string>, python: string): Difference[] {
  return rows.flatMap(({ packageName, version }): Difference[] => {
    const installed = versions.get(normalisedName(packageName));
    if (installed === undefined) {
      return [{ package: packageName, problem: 'not in Python', file: python, detail: `${version} is recorded` }];
    }
    const detail = `it has ${installed}, ${version} is recorded`;
    return sameVersion(installed, version)
      ? []
      : [{ package: packageName, problem: 'other version', file: python, detail }];
  });
}

/** Wheels that no row names, and what a process that was killed left behind. */
async function besidePackages(directory: string, files: string[], rows: PackageRow[]): Promise<Difference[]> {
  const named = new Set(rows.map(({ filePath }) => filePath));
  const differences: Difference[] = [];
  for (const file of files) {
    const path = join(directory, file);
    const of = file.replace(/^\./, '').split('-', 1)[0] ?? null;
    if (file === WORK_FOLDER) {
      const journal = (await new Work(directory).interrupted())?.journal;
      const detail = journal ? `an ${describe(journal)} was interrupted` : 'a change was interrupted before it began';
      differences.push({ package: journal?.package ?? null, problem: 'interrupted', file: path, detail });
    } else if (/\.part-[0-9a-f]{12}$/.test(file)) {
      differences.push({ package: of, problem: 'leftover', file: path, detail: 'a file was not written to its end' });
    } else if (file.endsWith('.whl') && !named.has(path)) {
      differences.push({ package: of, problem: 'orphaned', file: path, detail: 'no package has this file' });
    }
  }
  return differences;
}

async function filesIn({ directory, mayBeMissing }: VerifySettings): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' && mayBeMissing) {
      return [];
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new NotFoundError(`There is no plugin directory ${directory}.`, {
        hint: 'Name it with --plugin-dir or WEBMACS_PLUGIN_DIR.',
        cause: error,
      });
    }
    throw fileError(error, join(directory, basename(directory)));
  }
}
