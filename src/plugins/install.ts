import { join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { refuseIdAsName } from '../database/reference.ts';
import { insert } from '../database/repository.ts';
import { PluginPackage } from '../entities/index.ts';
import { isoTimestamp } from '../entities/types.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { withPackagesLock } from './lock.ts';
import { type PluginTarget, runPackageChange } from './package-change.ts';
import { normalizedName } from './package-name.ts';
import { hasSha256, type PackageFile } from './package-transaction.ts';
import { findPackage, hasPluginIds, type PackageRow, previousFile } from './packages.ts';
import { installedVersions, installWheel } from './python.ts';
import { type Recovery, recover } from './recover.ts';
import { compareVersions, parseVersion } from './version.ts';
import type { Wheel } from './wheel/wheel.ts';

export interface InstallOptions {
  upgrade?: boolean;
  allowDowngrade?: boolean;
  ifNotExists?: boolean;
}

/** What an install does; `repaired` restores the file, Python or the recorded plugins. */
export type InstallAction = 'installed' | 'upgraded' | 'downgraded' | 'replaced' | 'repaired' | 'kept';

export interface Installed {
  row: PackageRow;
  action: InstallAction;
  previousVersion: string | undefined;
  /** An interrupted change that was completed first. */
  recovery: Recovery | undefined;
}

const MAX_PATH_CHARACTERS = 500;

/**
 * Stores, installs and records a valid wheel.
 * @throws InvalidInputError for a name that looks like a public id; ConflictError for a package that is already installed,
 * bundled, or newer; LockTimeoutError; WebmacsError if the installer fails, after the rollback
 */
export async function installPackage(
  em: EntityManager,
  wheel: Wheel,
  userPublicId: string,
  target: PluginTarget,
  options: InstallOptions,
  now: Date,
): Promise<Installed> {
  return await withPackagesLock(em, 'exclusive', target, async () => {
    const recovery = await recover(em, target.directory, target, 'lenient');
    const before = await findPackage(em, wheel.name);
    const action = await plannedAction(before, wheel, target, options, recovery !== undefined);
    const found = { action, previousVersion: before?.version, recovery };
    if (action === 'kept' && before) {
      return { ...found, row: before };
    }
    const to = fileOf(wheel, target.directory);
    const planned = { action: 'install' as const, package: wheel.name, to, previous: previousFile(before) };
    const row = await runPackageChange(em, target, planned, wheel.bytes, {
      python: async (installer, transaction) => {
        target.onProgress?.(`Installing ${wheel.name} ${wheel.version} …`);
        await installWheel(installer, transaction.staged(to), target);
      },
      row: async () => await record(em, before, wheel, to, userPublicId, now),
    });
    return { ...found, row };
  });
}

/**
 * Decides what installing this wheel does to the installed package.
 * @throws ConflictError if it is refused; InvalidInputError for a new package whose name looks like a public id
 */
export async function plannedAction(
  row: PackageRow | undefined,
  wheel: Wheel,
  target: PluginTarget,
  { upgrade, allowDowngrade, ifNotExists }: InstallOptions,
  recovered = false,
): Promise<InstallAction> {
  if (!row) {
    refuseIdAsName('package name', wheel.name);
    return 'installed';
  }
  const title = `${row.packageName} ${row.version}`;
  const conflict = { entity: 'plugin_packages', column: 'package_name', value: row.packageName };
  const refusal = (message: string, hint?: string) => new ConflictError(message, { hint, conflict });
  if (row.source === 'bundled') {
    throw refusal(`${title} is bundled with the server and cannot be replaced.`);
  }
  if (row.fileHashSha256 === wheel.sha256) {
    if (recovered || !(await isConsistent(row, wheel, target))) {
      return 'repaired';
    }
    if (upgrade || ifNotExists) {
      return 'kept';
    }
  }
  if (ifNotExists) {
    return 'kept';
  }
  if (!upgrade) {
    throw refusal(`${title} is already installed.`, 'Pass --upgrade to replace it, or --if-not-exists to keep it.');
  }
  const [installed, wanted] = [parseVersion(row.version), parseVersion(wheel.version)];
  const order = installed && wanted ? compareVersions(wanted, installed) : 1;
  if (order < 0 && !allowDowngrade) {
    throw refusal(`${wheel.version} is older than the installed ${title}.`, 'Pass --allow-downgrade to install it.');
  }
  return order < 0 ? 'downgraded' : order > 0 ? 'upgraded' : 'replaced';
}

async function isConsistent(
  row: PackageRow,
  wheel: Wheel,
  { directory, installer, ...rest }: PluginTarget,
): Promise<boolean> {
  const { path } = fileOf(wheel, directory);
  if (row.filePath !== path || !hasPluginIds(row, wheel.pluginIds) || !(await hasSha256(path, wheel.sha256))) {
    return false;
  }
  if (!installer) {
    return true;
  }
  return (await installedVersions(installer.python, rest)).get(normalizedName(wheel.name)) === wheel.version;
}

function fileOf({ file, version, sha256 }: Wheel, directory: string): PackageFile {
  const path = join(directory, file);
  if ([...path].length > MAX_PATH_CHARACTERS) {
    throw new InvalidInputError(`The path ${path} is too long: the maximum is ${MAX_PATH_CHARACTERS} characters.`);
  }
  return { version, path, sha256 };
}

async function record(
  em: EntityManager,
  before: PackageRow | undefined,
  wheel: Wheel,
  to: PackageFile,
  userPublicId: string,
  now: Date,
): Promise<PackageRow> {
  const values = {
    packageName: wheel.name,
    version: wheel.version,
    source: 'uploaded' as const,
    filePath: to.path,
    fileHashSha256: wheel.sha256,
    fileSizeBytes: wheel.sizeBytes,
    pluginIds: JSON.stringify(wheel.pluginIds),
    installedOn: isoTimestamp(now.toISOString()),
    user: userPublicId,
  };
  if (!before) {
    return await insert(em, PluginPackage, values);
  }
  // The server takes no lock: its changes in the meantime are not overwritten.
  const seen = { id: before.id, version: before.version, fileHashSha256: before.fileHashSha256 ?? null };
  const own = em.fork();
  if ((await own.nativeUpdate(PluginPackage, seen, values)) === 0) {
    throw new ConflictError(`${before.packageName} was changed by another process in the meantime.`);
  }
  return await own.findOneOrFail(PluginPackage, { id: before.id });
}
