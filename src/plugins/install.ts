import { join } from 'node:path';
import type { EntityManager } from '@mikro-orm/postgresql';
import { refuseIdAsName } from '../database/reference.ts';
import { insert } from '../database/repository.ts';
import { PluginPackage } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { change, type PackagesPlace } from './change.ts';
import { holds, type PackageFile } from './journal.ts';
import { withPackagesLock } from './lock.ts';
import { normalisedName } from './package-name.ts';
import { type PackageRow, packageNamed, previousFile } from './packages.ts';
import { installedVersions, installWheel } from './python.ts';
import { type Recovery, recover } from './recover.ts';
import { compareVersions, parseVersion } from './version.ts';
import type { Wheel } from './wheel/wheel.ts';

export interface InstallOptions {
  upgrade?: boolean;
  allowDowngrade?: boolean;
  ifNotExists?: boolean;
}

/** What an install does: `repaired` puts file or Python back to what the row says already. */
export type InstallAction = 'installed' | 'upgraded' | 'downgraded' | 'replaced' | 'repaired' | 'kept';

export interface Installed {
  row: PackageRow;
  action: InstallAction;
  previousVersion: string | undefined;
  /** What was found to be interrupted, and put right first. */
  recovery: Recovery | undefined;
}

const MAX_PATH_CHARACTERS = 500;

/**
 * Files, installs and records a wheel that keeps every rule.
 * @throws InvalidInputError for a name that looks like a public id; ConflictError for a package that is there already, bundled, or newer; LockTimeoutError; WebmacsError where the
 * installer fails, after everything was taken back
 */
export async function installPackage(
  em: EntityManager,
  wheel: Wheel,
  userPublicId: string,
  place: PackagesPlace,
  options: InstallOptions,
  now: Date,
): Promise<Installed> {
  return await withPackagesLock(em, 'exclusive', place, async () => {
    const recovery = await recover(em, place.directory, place, 'lenient');
    const before = await packageNamed(em, wheel.name);
    const action = await plannedAction(before, wheel, place, options, recovery !== undefined);
    const found = { action, previousVersion: before?.version, recovery };
    if (action === 'kept' && before) {
      return { ...found, row: before };
    }
    const to = fileOf(wheel, place.directory);
    const planned = { action: 'install' as const, package: wheel.name, to, previous: previousFile(before) };
    const row = await change(em, place, planned, wheel.bytes, {
      python: async (installer, work) => {
        place.onProgress?.(`Installing ${wheel.name} ${wheel.version} …`);
        await installWheel(installer, work.staged(to), place);
      },
      file: async (work) => await work.publish(to),
      row: async () => await record(em, before, wheel, to, userPublicId, now),
    });
    return { ...found, row };
  });
}

/**
 * What installing this wheel would do, given the package as it is.
 * @throws ConflictError where it would be refused; InvalidInputError for a new package whose name looks like a public id
 */
export async function plannedAction(
  row: PackageRow | undefined,
  wheel: Wheel,
  place: PackagesPlace,
  { upgrade, allowDowngrade, ifNotExists }: InstallOptions,
  recovered = false,
): Promise<InstallAction> {
  if (!row) {
    refuseIdAsName('package name', wheel.name);
    return 'installed';
  }
  const title = `${row.packageName} ${row.version}`;
  if (row.source === 'bundled') {
    throw new ConflictError(`${title} is bundled with the server, and cannot be replaced.`, { conflict: taken(row) });
  }
  if (row.fileHashSha256 === wheel.sha256) {
    if (recovered || !(await agrees(row, wheel, place))) {
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
    throw new ConflictError(`${title} is installed already.`, {
      hint: 'Pass --upgrade to replace it, or --if-not-exists to leave it as it is.',
      conflict: taken(row),
    });
  }
  const [there, wanted] = [parseVersion(row.version), parseVersion(wheel.version)];
  const order = there && wanted ? compareVersions(wanted, there) : 1;
  if (order < 0 && !allowDowngrade) {
    throw new ConflictError(`${wheel.version} is older than what is installed, ${title}.`, {
      hint: 'Pass --allow-downgrade to go back to it.',
      conflict: taken(row),
    });
  }
  return order < 0 ? 'downgraded' : order > 0 ? 'upgraded' : 'replaced';
}

function taken({ packageName }: PackageRow) {
  return { entity: 'plugin_packages', column: 'package_name', value: packageName };
}

async function agrees(
  row: PackageRow,
  wheel: Wheel,
  { directory, installer, ...rest }: PackagesPlace,
): Promise<boolean> {
  const { path } = fileOf(wheel, directory);
  if (row.filePath !== path || !(await holds(path, wheel.sha256))) {
    return false;
  }
  if (!installer) {
    return true;
  }
  return (await installedVersions(installer.python, rest)).get(normalisedName(wheel.name)) === wheel.version;
}

function fileOf({ file, version, sha256 }: Wheel, directory: string): PackageFile {
  const path = join(directory, file);
  if ([...path].length > MAX_PATH_CHARACTERS) {
    throw new InvalidInputError(`The path ${path} is too long: at most ${MAX_PATH_CHARACTERS} characters.`);
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
    installedOn: now.toISOString(),
    user: userPublicId,
  };
  if (!before) {
    return await insert(em, PluginPackage, values);
  }
  // The server takes no lock: what it has changed in between is not overwritten.
  const seen = { id: before.id, version: before.version, fileHashSha256: before.fileHashSha256 ?? null };
  const own = em.fork();
  if ((await own.nativeUpdate(PluginPackage, seen, values)) === 0) {
    throw new ConflictError(`${before.packageName} was changed by somebody else meanwhile.`);
  }
  return await own.findOneOrFail(PluginPackage, { id: before.id });
}
