import type { EntityManager } from '@mikro-orm/postgresql';
import { PluginInstance, PluginPackage } from '../entities/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { change, type PackagesPlace } from './change.ts';
import { withPackagesLock } from './lock.ts';
import { type PackageRow, packageNamed, pluginIdsOf, previousFile } from './packages.ts';
import { uninstallPackage } from './python.ts';
import { type Recovery, recover } from './recover.ts';

/**
 * The package of this name, which may be removed.
 * @throws NotFoundError; ConflictError for a bundled one
 */
export async function removablePackage(em: EntityManager, name: string): Promise<PackageRow> {
  const row = await packageNamed(em, name);
  if (!row) {
    throw new NotFoundError(`Plugin package "${name}" not found.`, {
      hint: '"webmacs plugins packages list" has them.',
    });
  }
  if (row.source === 'bundled') {
    throw new ConflictError(`${row.packageName} ${row.version} is bundled with the server, and cannot be removed.`);
  }
  return row;
}

export interface Uninstalled {
  row: PackageRow;
  /** What was found to be interrupted, and put right first. */
  recovery: Recovery | undefined;
}

/** The instances that run a plugin of this package. */
export async function instancesOf(em: EntityManager, row: PackageRow): Promise<string[]> {
  const instances = await em
    .fork()
    .find(PluginInstance, { pluginId: { $in: pluginIdsOf(row) } }, { orderBy: { id: 'asc' } });
  return instances.map(({ instanceName }) => instanceName);
}

/**
 * Removes a package from Python, its row and its file. Its instances stay, without the code that they run.
 * @throws NotFoundError, ConflictError, LockTimeoutError; WebmacsError where the installer fails, after everything was
 * taken back
 */
export async function uninstall(em: EntityManager, name: string, place: PackagesPlace): Promise<Uninstalled> {
  return await withPackagesLock(em, 'exclusive', place, async () => {
    const recovery = await recover(em, place.directory, place, 'lenient');
    const row = await removablePackage(em, name);
    const planned = { action: 'uninstall' as const, package: row.packageName, to: null, previous: previousFile(row) };
    await change(em, place, planned, undefined, {
      python: async (installer) => {
        place.onProgress?.(`Removing ${row.packageName} ${row.version} …`);
        await uninstallPackage(installer, row.packageName, place);
      },
      file: async () => {},
      row: async () => {
        const seen = { id: row.id, version: row.version, fileHashSha256: row.fileHashSha256 ?? null };
        if ((await em.fork().nativeDelete(PluginPackage, seen)) === 0) {
          throw new ConflictError(`${row.packageName} was changed by somebody else meanwhile.`);
        }
      },
    });
    return { row, recovery };
  });
}
