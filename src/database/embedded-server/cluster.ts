import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { type Account, canReach, chownTo } from './account.ts';
import type { Binaries } from './binaries.ts';
import { MAJOR_VERSION, makePrivate, type Paths } from './directory.ts';

export const DATABASE = 'webmacs';
export const SUPERUSER = 'webmacs';

/**
 * Makes the database cluster where there is none yet: beside its place, and moved there when it is whole, so that neither
 * an interruption nor a second command can leave half of one.
 * @throws DatabaseError when the directory holds something else, is out of the account's reach, or the disk is full
 */
export function ensureCluster(
  paths: Paths,
  account: Account | undefined,
  binaries: () => Binaries,
  onProgress: (message: string) => void,
): void {
  const chown = chownTo(account);
  mkdirSync(join(paths.home, '..'), { recursive: true, mode: account ? 0o755 : 0o700 });
  makePrivate(paths.home, chown, account?.uid);
  if (account && !canReach(account, paths.home)) {
    throw new DatabaseError(
      `The account ${account.name}, which runs PostgreSQL for root, cannot reach ${paths.home}.`,
      {
        hint: 'Open the directories above it (chmod o+x), or choose another place with WEBMACS_DATA_DIR.',
      },
    );
  }
  makePrivate(paths.socket, chown, account?.uid);
  if (existsSync(paths.data)) {
    checkVersion(paths);
    return;
  }
  onProgress('Creating the embedded database …');
  removeLeftovers(paths.home);
  const temporary = `${paths.data}.${process.pid}`;
  try {
    runInitdb(binaries(), temporary, account);
    try {
      renameSync(temporary, paths.data);
    } catch (error) {
      if (!existsSync(paths.data)) {
        throw error;
      }
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function checkVersion(paths: Paths): void {
  let version: string;
  try {
    version = readFileSync(join(paths.data, 'PG_VERSION'), 'utf8').trim();
  } catch (cause) {
    throw new DatabaseError(`${paths.data} is no PostgreSQL data directory: it has no PG_VERSION.`, {
      hint: 'Restore it from a backup, or move it away to start anew.',
      cause,
    });
  }
  if (version !== String(MAJOR_VERSION)) {
    throw new DatabaseError(`${paths.data} was made by PostgreSQL ${version}; this program brings ${MAJOR_VERSION}.`, {
      hint: `Dump it with PostgreSQL ${version} and restore it here, or move it away to start anew.`,
    });
  }
}

function runInitdb({ initdb, postgres }: Binaries, data: string, account: Account | undefined): void {
  const options = ['-D', data, '-U', SUPERUSER, '--auth-local=trust', '--auth-host=scram-sha-256', '--encoding=UTF8'];
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'];
  run(initdb, [...options, ...locale], '', account);
  run(postgres, ['--single', '-D', data, 'postgres'], `create database ${DATABASE}\n`, account);
  chmodSync(data, 0o700);
}

function run(program: string, words: string[], input: string, account: Account | undefined): void {
  const done = spawnSync(program, words, {
    input,
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  const said = `${done.stderr ?? ''}${done.error?.message ?? ''}`;
  if (done.status !== 0 || /FATAL|ERROR/.test(said)) {
    throw new DatabaseError(`The embedded database could not be created: ${reason(said)}.`, {
      hint: /No space left/.test(said)
        ? 'The disk is full: free about 100 MB, or choose another place with WEBMACS_DATA_DIR.'
        : 'Choose another place with WEBMACS_DATA_DIR, or set DATABASE_URL.',
    });
  }
}

/** The line that says what is wrong. */
export function reason(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const telling = lines.findLast((line) => /FATAL|PANIC|error:|ERROR|could not/i.test(line)) ?? lines.findLast(Boolean);
  return (telling ?? 'no reason was given').replace(/^.*?(FATAL|PANIC|ERROR|error): */, '').replace(/\.$/, '');
}

function removeLeftovers(home: string): void {
  for (const name of readdirSync(home)) {
    const pid = /^data\.(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) {
      rmSync(join(home, name), { recursive: true, force: true });
    }
  }
}

/** Whether there is a process of this number, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
