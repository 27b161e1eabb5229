import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { NotFoundError, WebmacsError } from '../errors.ts';
import { anyFileError, systemCode } from '../files/file-error.ts';
import { type PackagesLock, withPackagesLock } from './lock.ts';
import { normalizedName, sameName } from './package-name.ts';
import { PackageTransaction, sha256Of, TRANSACTION_FOLDER } from './package-transaction.ts';
import { allPackages, hasPluginIds, type PackageRow, pluginIdsOf, unknownPackage } from './packages.ts';
import { type ChildContext, installedVersions, pythonPath } from './python.ts';
import { describe } from './recover.ts';
import { sameVersion } from './version.ts';
import { readWheel } from './wheel/read.ts';

/** A difference between file, row and Python. */
export interface Difference {
  package: string | null;
  problem:
    | 'missing'
    | 'changed'
    | 'other plugins'
    | 'not a valid wheel'
    | 'unfiled'
    | 'orphaned'
    | 'leftover'
    | 'interrupted'
    | 'not in Python'
    | 'other version';
  file: string | null;
  detail: string;
}

export interface VerifySettings extends PackagesLock, ChildContext {
  directory: string;
  /** Whether a missing directory counts as an empty one. */
  mayBeMissing: boolean;
  /** The Python to compare with, if any. */
  python: string | undefined;
}

/**
 * Compares all packages, or one, with their wheels, and the plugin directory with the packages. Changes nothing.
 * @returns the number of compared packages, and the differences
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
    const unrecorded = (await unrecordedFiles(settings.directory, files, rows)).filter(
      ({ package: of }) => name === undefined || (of !== null && sameName(of, name)),
    );
    if (name !== undefined && wanted.length + unrecorded.length === 0) {
      throw unknownPackage(name, rows);
    }
    const differences: Difference[] = [];
    for (const row of wanted) {
      // One after the other: a wheel of up to 50 MiB is read into memory.
      differences.push(...(await fileDifferences(row)));
    }
    if (settings.python !== undefined) {
      const python = pythonPath(settings.python);
      differences.push(...pythonDifferences(wanted, await installedVersions(python, settings), python));
    }
    return { packages: wanted.length, differences: [...differences, ...unrecorded] };
  });
}

async function fileDifferences(row: PackageRow): Promise<Difference[]> {
  const { packageName, filePath, fileHashSha256, fileSizeBytes, source } = row;
  const found = (problem: Difference['problem'], detail: string) => [
    { package: packageName, problem, file: filePath ?? null, detail },
  ];
  if (!filePath) {
    return source === 'bundled' ? [] : found('unfiled', 'the row has no file');
  }
  const stats = await stat(filePath).catch(() => undefined);
  if (!stats) {
    return found('missing', 'the file does not exist');
  }
  const hash = await sha256Of(filePath);
  if (hash === undefined) {
    return found('missing', 'the file cannot be read');
  }
  if (fileSizeBytes != null && stats.size !== fileSizeBytes) {
    return found('changed', `the file has ${stats.size} bytes, its row ${fileSizeBytes}`);
  }
  if (fileHashSha256 && hash !== fileHashSha256) {
    return found('changed', 'the SHA-256 differs from that of the row');
  }
  try {
    const { pluginIds } = await readWheel(filePath);
    const detail = `the wheel has ${pluginIds.join(', ')}, its row ${pluginIdsOf(row).join(', ') || 'none'}`;
    return hasPluginIds(row, pluginIds) ? [] : found('other plugins', detail);
  } catch (error) {
    if (error instanceof WebmacsError) {
      return found('not a valid wheel', error.message);
    }
    throw error;
  }
}

function pythonDifferences(rows: PackageRow[], versions: ReadonlyMap<string, string>, python: string): Difference[] {
  return rows.flatMap(({ packageName, version }): Difference[] => {
    const installed = versions.get(normalizedName(packageName));
    if (installed === undefined) {
      return [{ package: packageName, problem: 'not in Python', file: python, detail: `${version} is recorded` }];
    }
    const detail = `${installed} is installed, ${version} is recorded`;
    return sameVersion(installed, version)
      ? []
      : [{ package: packageName, problem: 'other version', file: python, detail }];
  });
}

/** Returns wheels without a row, and leftovers of a killed process. */
async function unrecordedFiles(directory: string, files: string[], rows: PackageRow[]): Promise<Difference[]> {
  const named = new Set(rows.map(({ filePath }) => filePath));
  const differences: Difference[] = [];
  for (const file of files) {
    const path = join(directory, file);
    const of = file.replace(/^\./, '').split('-', 1)[0] ?? null;
    if (file === TRANSACTION_FOLDER) {
      const journal = (await new PackageTransaction(directory).interrupted())?.journal;
      const detail = journal ? `an ${describe(journal)} was interrupted` : 'a change was interrupted before it started';
      differences.push({ package: journal?.package ?? null, problem: 'interrupted', file: path, detail });
    } else if (/\.part-[0-9a-f]{12}$/.test(file)) {
      differences.push({ package: of, problem: 'leftover', file: path, detail: 'the file is incomplete' });
    } else if (file.endsWith('.whl') && !named.has(path)) {
      differences.push({ package: of, problem: 'orphaned', file: path, detail: 'the file belongs to no package' });
    }
  }
  return differences;
}

async function filesIn({ directory, mayBeMissing }: VerifySettings): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' && mayBeMissing) {
      return [];
    }
    if (code === 'ENOENT') {
      throw new NotFoundError(`The plugin directory ${directory} does not exist.`, {
        hint: 'Set it with --plugin-dir or WEBMACS_PLUGIN_DIR.',
        cause: error,
      });
    }
    throw anyFileError(error, directory);
  }
}
