import type { EntityManager } from '@mikro-orm/postgresql';
import { PluginPackage } from '../entities/index.ts';
import type { PackageFile } from './journal.ts';
import { sameName } from './package-name.ts';

export type PackageRow = PluginPackage;

/** Every package, by name. There are dozens at most. */
export async function allPackages(em: EntityManager): Promise<PackageRow[]> {
  return await em.fork().find(PluginPackage, {}, { orderBy: { packageName: 'asc', id: 'asc' } });
}

/** The package of this name, in whatever spelling. */
export async function packageNamed(em: EntityManager, name: string): Promise<PackageRow | undefined> {
  return (await allPackages(em)).find(({ packageName }) => sameName(packageName, name));
}

/** The ids of the plugins in a package; none where the column was damaged. */
export function pluginIdsOf({ pluginIds }: Pick<PackageRow, 'pluginIds'>): string[] {
  try {
    const ids: unknown = JSON.parse(pluginIds);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** The wheel that is there, as far as the row knows of one. */
export function previousFile(row: PackageRow | undefined): PackageFile | null {
  return row?.filePath && row.fileHashSha256
    ? { version: row.version, path: row.filePath, sha256: row.fileHashSha256 }
    : null;
}
