import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../environment.ts';
import { DatabaseError } from '../../errors.ts';
import { systemCode } from '../../files/file-error.ts';
import { serverAccount } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { ensureCluster, type ProgramOptions, programOptions } from './cluster.ts';
import { makeDirectories, type Paths } from './directory.ts';
import { cannotRun, directoryFailure, hintFor } from './failure.ts';
import { failureReason, openLog, readLog } from './log.ts';
import { readMarker } from './marker.ts';
import { type RunningServer, removeStaleLocks } from './pid-file.ts';
import { hasExited, isServerOf, terminateOrphans } from './processes.ts';

/** PostgreSQL's default; it is part of the socket's name. */
export const DEFAULT_PORT = 5432;

/** Another server runs or is starting on this data directory, or processes of a killed one still exist. */
const LOCKED = /lock file ".*" (already exists|is empty)|pre-existing shared memory block/;

/** An eighth of the memory, less than the quarter that PostgreSQL recommends: other programs run here too. */
const SHARED_BUFFERS_MEGABYTES = Math.max(128, Math.min(512, Math.floor(totalmem() / 2 ** 23)));

export interface StartOptions {
  /** The program's environment, of which the server gets PATH; empty by default. */
  environment?: Environment;
  /** Called with progress messages for slow steps. */
  onProgress?(message: string): void;
}

/** A server process that was started. It may not be ready yet, or may exit because another command's server was faster. */
export class Postmaster {
  readonly #paths: Paths;
  readonly #process: ChildProcess;
  readonly #port: number | undefined;
  readonly #logStart: number;
  #error: Error | undefined;

  private constructor(paths: Paths, { postgres }: Binaries, options: ProgramOptions, port: number | undefined) {
    const { file, start } = openLog(paths);
    const addresses = port === undefined ? '' : '127.0.0.1';
    const network = ['-c', `listen_addresses=${addresses}`, '-p', `${port ?? DEFAULT_PORT}`];
    const memory = ['-c', `shared_buffers=${SHARED_BUFFERS_MEGABYTES}MB`];
    // Detached: the terminal's Ctrl-C must not reach it.
    this.#process = spawn(postgres, ['-D', paths.data, '-k', paths.socket, ...network, ...memory], {
      ...options,
      detached: true,
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    this.#process.once('error', (error) => {
      this.#error = cannotRun(postgres, error);
    });
    this.#process.unref();
    this.#paths = paths;
    this.#port = port;
    this.#logStart = start;
  }

  /**
   * Starts the server, after creating the cluster if there is none. Unless a port was requested, it listens on its socket
   * only.
   * @throws DatabaseError when the directory cannot be used
   */
  static async start(paths: Paths, { environment = {}, onProgress = () => {} }: StartOptions): Promise<Postmaster> {
    try {
      const account = serverAccount(paths.home);
      makeDirectories(paths, account);
      const binaries = findBinaries(account, paths.directory);
      const options = programOptions(account, environment);
      await ensureCluster(paths, binaries, options, onProgress);
      const port = readMarker(paths)?.port;
      removeStaleLocks(paths, port ?? DEFAULT_PORT);
      return new Postmaster(paths, binaries, options, port);
    } catch (error) {
      throw directoryFailure(error, paths.directory);
    }
  }

  get hasExited(): boolean {
    return this.#error !== undefined || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /**
   * Checks why the process has exited, and returns if another start makes sense.
   * @throws DatabaseError with the server's own message if it does not
   */
  checkExit(): void {
    if (this.#error) {
      throw this.#error;
    }
    if (this.#process.exitCode === 0 || this.#process.signalCode !== null) {
      // Another command has stopped it, or somebody has killed it.
      return;
    }
    const log = readLog(this.#paths, this.#logStart);
    const why = failureReason(log, this.#process.pid);
    if (LOCKED.test(why)) {
      terminateOrphans(this.#paths.data);
      return;
    }
    if (this.#port !== undefined && /could not bind|could not create any TCP\/IP sockets/.test(log)) {
      throw new DatabaseError(`The embedded server cannot listen on port ${this.#port}: another program uses it.`, {
        hint: 'Stop that program, or run "webmacs db stop" and then "webmacs db start" with another port.',
      });
    }
    throw new DatabaseError(`The embedded server did not start: ${why}.`, {
      hint: `${hintFor(why)} Its log is ${this.#paths.log}.`,
    });
  }
}

/**
 * Stops the server at once, disconnecting all clients, and waits until it has exited.
 * @returns whether it has stopped
 */
export async function stopPostmaster({ pid }: RunningServer, { data }: Paths, patienceMs: number): Promise<boolean> {
  if (!isServerOf(pid, data)) {
    return true;
  }
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') {
      throw error;
    }
  }
  const deadline = performance.now() + patienceMs;
  while (!hasExited(pid)) {
    if (performance.now() > deadline) {
      return false;
    }
    await sleep(3);
  }
  return true;
}
