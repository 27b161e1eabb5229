import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from '../../errors.ts';
import { type Account, asAccount, serverAccount } from './account.ts';
import { makeDirectories, makeSocketDirectory } from './directories.ts';
import { fullDisk } from './directory-failure.ts';
import { cannotRun, initialise, SERVER_ENVIRONMENT } from './initialise.ts';
import type { EmbeddedPaths } from './location.ts';
import { openLog, readLog, reasonIn } from './log.ts';
import { readMarker } from './marker.ts';
import { removeStaleLock } from './pid-file.ts';
import { endOrphans } from './processes.ts';
import { type Programs, programsFor } from './programs.ts';

/** The number in the socket's name where there is no TCP port to share it with. */
const SOCKET_NUMBER = 5432;

/** Another server is starting or ending on the same data directory; it has won, or will be gone in a moment. */
const NOT_ALONE = /lock file ".*" already exists|pre-existing shared memory block/;

/** A server process that was started and may not be up yet. */
export class Launch {
  readonly #paths: EmbeddedPaths;
  readonly #pid: number;
  readonly #logStart: number;
  #ended = false;
  #error: Error | undefined;

  private constructor(paths: EmbeddedPaths, programs: Programs, account: Account, sockets: string) {
    const port = readMarker(paths)?.port;
    const { file, start } = openLog(paths);
    try {
      const child = spawn(programs.postgres, serverArguments(paths.data, sockets, port), {
        ...asAccount(account),
        cwd: paths.data,
        env: SERVER_ENVIRONMENT,
        // A session of its own: Ctrl-C in the terminal is meant for the command, not for the server that others share.
        detached: true,
        stdio: ['ignore', file, file],
      });
      child.on('error', (error) => {
        this.#error = cannotRun(programs.postgres, error);
        this.#ended = true;
      });
      child.on('exit', () => {
        this.#ended = true;
      });
      child.unref();
      this.#pid = child.pid ?? -1;
    } finally {
      closeSync(file);
    }
    this.#paths = paths;
    this.#logStart = start;
  }

  /**
   * Starts the server, on a data directory that is created if need be. It is not up yet when this returns, and may end
   * again because another command has started one at the same moment.
   * @throws DatabaseError when the directory cannot be used
   */
  static async start(paths: EmbeddedPaths, onProgress?: (message: string) => void): Promise<Launch> {
    const account = serverAccount(paths.home);
    makeDirectories(paths, account);
    const programs = await programsFor(paths, account, onProgress);
    await initialise(paths, account, programs, onProgress);
    const sockets = makeSocketDirectory(paths, account);
    removeStaleLock(join(paths.data, 'postmaster.pid'), paths.data);
    const port = readMarker(paths)?.port ?? SOCKET_NUMBER;
    removeStaleLock(join(sockets, `.s.PGSQL.${port}.lock`), paths.data);
    return new Launch(paths, programs, account, sockets);
  }

  /** Whether the process has ended, which one that another command's server has kept out does at once. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Decides what an ended process means. Returns where it is worth starting another one.
   * @throws DatabaseError with the server's own words where it is not
   */
  judge(): void {
    if (this.#error) {
      throw this.#error;
    }
    const log = readLog(this.#paths, this.#logStart);
    const reason = reasonIn(log, this.#pid) ?? 'it ended without a word';
    if (NOT_ALONE.test(reason)) {
      endOrphans(this.#paths.data);
      return;
    }
    if (/database system is shut down$/.test(reason)) {
      return;
    }
    throw fullDisk(reason, this.#paths.directory) ?? startFailure(this.#paths, log, reason);
  }
}

function startFailure(paths: EmbeddedPaths, log: string, reason: string): DatabaseError {
  const port = readMarker(paths)?.port;
  if (port !== undefined && /could not bind IPv4 address|could not create any TCP\/IP sockets/.test(log)) {
    return new DatabaseError(`The embedded server cannot listen on port ${port}: another program uses it.`, {
      hint: 'End that program, or "webmacs db stop" and "webmacs db start --port" with another one.',
    });
  }
  return new DatabaseError(`The embedded server in ${paths.directory} does not start: ${reason}.`, {
    hint: `Its log is ${paths.log}.`,
  });
}

function serverArguments(data: string, sockets: string, port: number | undefined): string[] {
  const settings = {
    listen_addresses: port === undefined ? '' : '127.0.0.1',
    port: port ?? SOCKET_NUMBER,
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    // Commands come and go: their server's checkpoints are no news.
    log_checkpoints: 'off',
    logging_collector: 'off',
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
