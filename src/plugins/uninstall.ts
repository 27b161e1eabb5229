import type { EntityManager } from '@mikro-orm/postgresql';
import { onlyRow } from '../database/reference.ts';
import { PluginInstance, PluginPackage } from '../entities/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { change, type PackagesPlace } from './change.ts';
import { withPackagesLock } from './lock.ts';
import { sameName } from './package-name.ts';
import { allPackages, type PackageRow, pluginIdsOf, previousFile } from './packages.ts';
import { uninstallPackage } from './python.ts';
import { type Recovery, recover } from './recover.ts';

/**
 * The package that a person means, which may be removed: by its name in whatever spelling, its public id, or the first 8
 * or more characters of that.
 * @throws NotFoundError; ConflictError for a bundled one, or where more than one can be meant
 */
export async function removablePackage(em: EntityManager, given: string): Promise<PackageRow> {
  const row = onlyRow(given, await allPackages(em), {
    kind: 'package',
    isNamed: ({ packageName }) => sameName(packageName, given),
    nameOf: ({ packageName }) => packageName,
  });
  if (!row) {
    throw new NotFoundError(`Plugin package "${given}" not found.`, {
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
export async function uninstall(em: EntityManager, given: string, place: PackagesPlace): Promise<Uninstalled> {
  return await withPackagesLock(em, 'exclusive', place, async () => {
    const recovery = await recover(em, place.directory, place, 'lenient');
    const row = await removablePackage(em, given);
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
