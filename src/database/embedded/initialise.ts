import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { type Account, asAccount } from './account.ts';
import { doOnce } from './claim.ts';
import { fullDisk, systemCode } from './directory-failure.ts';
import { type EmbeddedPaths, MAJOR_VERSION, USER } from './location.ts';
import { isAlive } from './processes.ts';
import type { Programs } from './programs.ts';

const UNFINISHED = /^new-(\d+)-/;

/** What every program of PostgreSQL runs with: none of the caller's settings, and messages in English. */
export const SERVER_ENVIRONMENT = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Creates the data directory where there is none. It is made beside its place and renamed when whole, so neither an
 * interruption nor a second command at the same moment can leave half of one.
 * @throws DatabaseError when what is there cannot be used, or the directory cannot be created
 */
export async function initialise(
  paths: EmbeddedPaths,
  account: Account,
  programs: Programs,
  onProgress: (message: string) => void = () => {},
): Promise<void> {
  await doOnce(
    join(paths.directory, 'initialise.claim'),
    () => dataMajorVersion(paths) !== undefined,
    async () => {
      onProgress('Creating the embedded database…');
      removeUnfinished(paths.home);
      const temporary = join(paths.home, `new-${process.pid}-${randomBytes(4).toString('hex')}`);
      try {
        await runInitdb(programs.initdb, temporary, paths, account);
        putInPlace(temporary, paths);
      } finally {
        rmSync(temporary, { recursive: true, force: true });
      }
    },
  );
}

/**
 * The major version of the data directory, or undefined where there is none yet.
 * @throws DatabaseError when it is of another version than the programs, or no data directory at all
 */
export function dataMajorVersion(paths: EmbeddedPaths): number | undefined {
  const version = versionOf(paths.data);
  if (version === undefined) {
    if (isEmpty(paths.data)) {
      return undefined;
    }
    throw new DatabaseError(`The directory ${paths.data} is no PostgreSQL data directory: it has no PG_VERSION.`, {
      hint: 'Restore it from a backup, or move it away to start with an empty database.',
    });
  }
  if (version !== String(MAJOR_VERSION)) {
    throw new DatabaseError(
      `The embedded database in ${paths.data} is of PostgreSQL ${version}, and this program brings ${MAJOR_VERSION}.`,
      {
        hint: `Copy the data over with the pg_dump of PostgreSQL ${version}, or set WEBMACS_DATA_DIR to another directory to start with an empty database.`,
      },
    );
  }
  return MAJOR_VERSION;
}

/** The content of PG_VERSION, such as "17". */
export function versionOf(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

async function runInitdb(initdb: string, target: string, paths: EmbeddedPaths, account: Account): Promise<void> {
  const child = spawn(
    initdb,
    [
      ...['--pgdata', target, '--username', USER, '--encoding', 'UTF8'],
      // The socket lies in a directory that only its owner enters; TCP, where it is asked for, takes a password.
      ...['--auth-local', 'trust', '--auth-host', 'scram-sha-256'],
      // The same order and case everywhere, whatever locales the machine has.
      ...['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ],
    { ...asAccount(account), cwd: paths.home, env: SERVER_ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(initdb, error)));
    child.on('close', resolve);
  });
  if (code !== 0) {
    const text = output.join('');
    const reason = text.match(/^initdb: error: (.*)$/m)?.[1] ?? text.trim().split('\n').at(-1);
    throw (
      fullDisk(text, paths.directory) ??
      new DatabaseError(`The embedded database could not be created in ${paths.data}: ${reason || 'initdb was killed'}.`, {
        hint: 'Try again, or set DATABASE_URL to a server of your own.',
      })
    );
  }
}

/** The sentence for a program that the system does not start. */
export function cannotRun(program: string, cause: Error): DatabaseError {
  return new DatabaseError(`The embedded PostgreSQL does not run on this system: ${program}: ${systemCode(cause)}.`, {
    hint: 'Its programs need glibc (Alpine Linux has none). Install the packages again, or set DATABASE_URL to a server of your own.',
    cause,
  });
}

function putInPlace(temporary: string, paths: EmbeddedPaths): void {
  try {
    renameSync(temporary, paths.data);
  } catch (error) {
    if (dataMajorVersion(paths) === undefined) {
      throw error;
    }
    // Another command was faster; its data directory is as good.
    return;
  }
  const home = openSync(paths.home, 'r');
  try {
    fsyncSync(home);
  } finally {
    closeSync(home);
  }
}

function removeUnfinished(home: string): void {
  for (const name of readdirSync(home)) {
    const [, pid] = UNFINISHED.exec(name) ?? [];
    if (pid && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
      rmSync(join(home, name), { recursive: true, force: true });
    }
  }
}

function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return true;
    }
    throw error;
  }
}
