import type { EntityManager } from '@mikro-orm/postgresql';
import { onlyRow } from '../database/reference.ts';
import { PluginInstance, PluginPackage } from '../entities/index.ts';
import { ConflictError } from '../errors.ts';
import { withPackagesLock } from './lock.ts';
import { type PluginTarget, runPackageChange } from './package-change.ts';
import { checkPackageName, sameName } from './package-name.ts';
import { allPackages, type PackageRow, previousFile, unknownPackage } from './packages.ts';
import { uninstallPackage } from './python.ts';
import { type Recovery, recover } from './recover.ts';

/**
 * Finds a package to remove by its name in any spelling, its public id, or the first 8 or more characters of that.
 * @throws NotFoundError; ConflictError for a bundled package, or if several match
 */
export async function removablePackage(em: EntityManager, given: string): Promise<PackageRow> {
  const packages = await allPackages(em);
  const row = onlyRow(given, packages, {
    kind: 'package',
    isNamed: ({ packageName }) => sameName(packageName, given),
    nameOf: ({ packageName }) => packageName,
  });
  if (!row) {
    throw unknownPackage(given, packages);
  }
  if (row.source === 'bundled') {
    throw new ConflictError(`${row.packageName} ${row.version} is bundled with the server and cannot be removed.`);
  }
  return row;
}

export interface Uninstalled {
  row: PackageRow;
  /** An interrupted change that was completed first. */
  recovery: Recovery | undefined;
}

/** Returns the names of the instances that run one of these plugins. */
export async function instancesOf(em: EntityManager, pluginIds: string[]): Promise<string[]> {
  const instances = await em.fork().find(PluginInstance, { pluginId: { $in: pluginIds } }, { orderBy: { id: 'asc' } });
  return instances.map(({ instanceName }) => instanceName);
}

/**
 * Removes a package from Python, its row and its file. Its instances stay, without their code.
 * @throws NotFoundError, ConflictError, LockTimeoutError; InvalidInputError for a name that an installer must not get; WebmacsError if the installer fails, after the rollback
 */
export async function uninstall(em: EntityManager, given: string, target: PluginTarget): Promise<Uninstalled> {
  return await withPackagesLock(em, 'exclusive', target, async () => {
    const recovery = await recover(em, target.directory, target, 'lenient');
    const row = await removablePackage(em, given);
    if (target.installer) {
      checkPackageName(row.packageName);
    }
    const planned = { action: 'uninstall' as const, package: row.packageName, to: null, previous: previousFile(row) };
    await runPackageChange(em, target, planned, undefined, {
      python: async (installer) => {
        target.onProgress?.(`Removing ${row.packageName} ${row.version} …`);
        await uninstallPackage(installer, row.packageName, target);
      },
      row: async () => {
        const seen = { id: row.id, version: row.version, fileHashSha256: row.fileHashSha256 ?? null };
        if ((await em.fork().nativeDelete(PluginPackage, seen)) === 0) {
          throw new ConflictError(`${row.packageName} was changed by another process in the meantime.`);
        }
      },
    });
    return { row, recovery };
  });
}
