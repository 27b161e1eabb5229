import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Environment } from '../../environment.ts';
import { DatabaseError } from '../../errors.ts';
import { systemCode } from '../../files/file-error.ts';
import { doOnce } from '../../files/lock-file.ts';
import { isAlive } from '../../files/process.ts';
import { type Account, asAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { MAJOR_VERSION, type Paths } from './directory.ts';
import { cannotRun, directoryFailure, hintFor } from './failure.ts';
import { failureReason } from './log.ts';

export const DATABASE = 'webmacs';
export const SUPERUSER = 'webmacs';

/** How PostgreSQL's programs are started. */
export type ProgramOptions = ReturnType<typeof programOptions>;

/** Returns how they are started: by the account, with the caller's PATH without its settings, and messages in English. */
export function programOptions(account: Account | undefined, { PATH = '/usr/bin:/bin' }: Environment) {
  return { ...asAccount(account), cwd: '/', env: { PATH, LC_ALL: 'C', TZ: 'UTC' } };
}

/**
 * Creates the database cluster if there is none: under a temporary name, and renamed when complete, so that neither an
 * interruption nor a second command can leave half of one.
 * @throws DatabaseError when the directory holds something else, or the disk is full
 */
export async function ensureCluster(
  paths: Paths,
  binaries: Binaries,
  options: ProgramOptions,
  onProgress: (message: string) => void,
): Promise<void> {
  const isThere = () => existsSync(paths.data);
  await doOnce(join(paths.directory, 'creating'), isThere, async () => {
    onProgress('Creating the embedded database …');
    removeLeftovers(paths.home, options);
    const temporary = `${paths.data}.${process.pid}`;
    try {
      await runInitdb(binaries, temporary, options);
      renameSync(temporary, paths.data);
    } catch (error) {
      if (!isThere()) {
        throw error;
      }
    } finally {
      removeTree(temporary, options);
    }
  }).catch((error) => {
    throw directoryFailure(error, paths.directory);
  });
  checkVersion(paths);
}

function checkVersion(paths: Paths): void {
  let version: string;
  try {
    version = readFileSync(join(paths.data, 'PG_VERSION'), 'utf8').trim();
  } catch (cause) {
    throw new DatabaseError(`${paths.data} is not a PostgreSQL data directory: it has no PG_VERSION.`, {
      hint: 'Restore it from a backup, or move it away to start with an empty database.',
      cause,
    });
  }
  if (version !== String(MAJOR_VERSION)) {
    throw new DatabaseError(
      `${paths.data} was created by PostgreSQL ${version}; this program includes ${MAJOR_VERSION}.`,
      {
        hint: `Dump it with PostgreSQL ${version} and restore it here, or move it away to start with an empty database.`,
      },
    );
  }
}

async function runInitdb({ initdb, postgres }: Binaries, data: string, options: ProgramOptions): Promise<void> {
  const access = ['-D', data, '-U', SUPERUSER, '--auth-local=trust', '--auth-host=scram-sha-256', '--encoding=UTF8'];
  // Sorts and changes case in the same way on every machine.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'];
  await run(initdb, [...access, ...locale], '', options);
  await run(postgres, ['--single', '-D', data, 'postgres'], `create database ${DATABASE}\n`, options);
}

async function run(program: string, args: string[], input: string, options: ProgramOptions): Promise<void> {
  // Detached: Ctrl-C is for the command only, which waits for the program to exit and then cleans up.
  const child = spawn(program, args, { ...options, detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
  const exited = new Promise<number | null>((done, failed) => {
    child.once('error', (cause) => failed(cannotRun(program, cause))).once('close', done);
  });
  child.stdin.on('error', () => {}).end(input);
  const [code, output] = await Promise.all([exited, text(child.stderr)]);
  if (code !== 0 || /FATAL|ERROR/.test(output)) {
    throw new DatabaseError(`The embedded database could not be created: ${failureReason(output)}.`, {
      hint: hintFor(output),
    });
  }
}

function removeLeftovers(home: string, options: ProgramOptions): void {
  for (const name of readdirSync(home)) {
    const pid = Number(/^data\.(\d+)$/.exec(name)?.[1] ?? 0);
    if (pid && (pid === process.pid || !isAlive(pid))) {
      try {
        removeTree(join(home, name), options);
      } catch (error) {
        // The initdb of a killed command is still running; a later command cleans up after it.
        if (!['ENOTEMPTY', 'ENOENT'].includes(systemCode(error) ?? '')) {
          throw error;
        }
      }
    }
  }
}

/** Root deletes it as the account, which owns the directory and could have put links there. */
function removeTree(path: string, options: ProgramOptions): void {
  if (options.uid !== undefined) {
    spawnSync('rm', ['-rf', path], options);
  } else {
    rmSync(path, { recursive: true, force: true });
  }
}
