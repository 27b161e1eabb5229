import type { EntityManager } from '@mikro-orm/postgresql';
import { PluginPackage } from '../entities/index.ts';
import { NotFoundError, WebmacsError } from '../errors.ts';
import { parseStringList } from '../text/json.ts';
import { suggestNearest } from '../text/near.ts';
import { sameName } from './package-name.ts';
import type { PackageFile } from './package-transaction.ts';
import { readWheel } from './wheel/read.ts';

export type PackageRow = PluginPackage;

/** Returns all packages, ordered by name. There are dozens at most. */
export async function allPackages(em: EntityManager): Promise<PackageRow[]> {
  return await em.fork().find(PluginPackage, {}, { orderBy: { packageName: 'asc', id: 'asc' } });
}

/** Finds a package by its name, in any spelling. */
export async function findPackage(em: EntityManager, name: string): Promise<PackageRow | undefined> {
  return (await allPackages(em)).find(({ packageName }) => sameName(packageName, name));
}

export function unknownPackage(name: string, packages: readonly PackageRow[]): NotFoundError {
  const names = packages.map(({ packageName }) => packageName);
  return new NotFoundError(`Plugin package "${name}" not found.`, {
    hint: `${suggestNearest(name, names)}List them with: webmacs plugins packages list`,
  });
}

/**
 * Returns the recorded ids of the plugins in a package; none if the column is damaged. The server guesses them if it finds
 * none.
 */
export function pluginIdsOf({ pluginIds }: Pick<PackageRow, 'pluginIds'>): string[] {
  return parseStringList(pluginIds);
}

/** Returns the ids of the plugins in the wheel of a package; the recorded ones if it has no valid wheel any more. */
export async function providedPluginIds(row: PackageRow): Promise<string[]> {
  if (row.filePath) {
    try {
      return (await readWheel(row.filePath)).pluginIds;
    } catch (error) {
      if (!(error instanceof WebmacsError)) {
        throw error;
      }
    }
  }
  return pluginIdsOf(row);
}

/** Whether the recorded plugins of a package are these, in any order. */
export function hasPluginIds(row: Pick<PackageRow, 'pluginIds'>, ids: readonly string[]): boolean {
  const recorded = new Set(pluginIdsOf(row));
  return recorded.size === ids.length && ids.every((id) => recorded.has(id));
}

/** Returns the current wheel of a package, if the row has one. */
export function previousFile(row: PackageRow | undefined): PackageFile | null {
  return row?.filePath && row.fileHashSha256
    ? { version: row.version, path: row.filePath, sha256: row.fileHashSha256 }
    : null;
}
