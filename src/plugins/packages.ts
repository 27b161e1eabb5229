import type { EntityManager } from '@mikro-orm/postgresql';
import { PluginPackage } from '../entities/index.ts';
import { parseStringList } from '../text/json.ts';
import { sameName } from './package-name.ts';
import type { PackageFile } from './package-transaction.ts';

export type PackageRow = PluginPackage;

/** Returns all packages, ordered by name. There are dozens at most. */
export async function allPackages(em: EntityManager): Promise<PackageRow[]> {
  return await em.fork().find(PluginPackage, {}, { orderBy: { packageName: 'asc', id: 'asc' } });
}

/** Finds a package by its name, in any spelling. */
export async function findPackage(em: EntityManager, name: string): Promise<PackageRow | undefined> {
  return (await allPackages(em)).find(({ packageName }) => sameName(packageName, name));
}

/** Returns the ids of the plugins in a package; none if the column is damaged. */
export function pluginIdsOf({ pluginIds }: Pick<PackageRow, 'pluginIds'>): string[] {
  return parseStringList(pluginIds);
}

/** Returns the current wheel of a package, if the row has one. */
export function previousFile(row: PackageRow | undefined): PackageFile | null {
  return row?.filePath && row.fileHashSha256
    ? { version: row.version, path: row.filePath, sha256: row.fileHashSha256 }
    : null;
}
