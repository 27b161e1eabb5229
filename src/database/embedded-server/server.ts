import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { DatabaseError } from '../../errors.ts';
import { type Account, serverAccount } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { ensureCluster, reason } from './cluster.ts';
import { keepMarker, type Paths, pathsIn } from './directory.ts';
import { type Connection, connectionTo, end, isLast, tryLease } from './lease.ts';
import { logTail, postmasterPid, removeStaleRecord, startPostmaster, stopPostmaster } from './postmaster.ts';

const PATIENCE_MILLISECONDS = 30_000;
const STOP_PATIENCE_MILLISECONDS = 10_000;

/** Keeps the embedded server up while it is held. */
export interface ServerLease extends AsyncDisposable {
  readonly connection: Connection;
  /** Gives it up; the last one stops the server, unless `db start` keeps it. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** Told what takes longer than a moment. */
  onProgress?(message: string): void;
  /** How long to wait for a server that starts or stops. */
  patienceMs?: number;
}

/**
 * Takes a lease on the embedded server, which is created and started where it has to be. Commands that run at the same
 * moment share one server.
 * @param directory of the embedded server, see `embeddedDirectory`
 * @throws DatabaseError when it cannot be created or started
 */
export async function acquireServer(directory: string, options: AcquireOptions = {}): Promise<ServerLease> {
  const paths = pathsIn(directory);
  const client = await lease(directory, paths, options);
  let held = true;
  const release = async () => {
    if (held) {
      held = false;
      await giveUp(client, paths);
    }
  };
  return { connection: connectionTo(paths), release, [Symbol.asyncDispose]: release };
}

/** A client that holds the lease. */
export async function lease(directory: string, paths: Paths, options: AcquireOptions): Promise<pg.Client> {
  const { onProgress = () => {}, patienceMs = PATIENCE_MILLISECONDS } = options;
  const deadline = performance.now() + patienceMs;
  let started: ChildProcess | undefined;
  let account: Account | undefined;
  let programs: Binaries | undefined;
  const binaries = () => {
    programs ??= findBinaries(account, directory);
    return programs;
  };
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 25)) {
    const found = await tryLease(paths);
    if (typeof found === 'object') {
      return found;
    }
    // A server that is on its way, ours or another command's, is waited for.
    const onItsWay = found === 'busy' || (started ? started.exitCode === null : postmasterPid(paths) !== undefined);
    if (!onItsWay) {
      if (started) {
        recover(paths);
      }
      account = serverAccount();
      ensureCluster(paths, account, binaries, onProgress);
      started = startPostmaster(paths, binaries(), account);
    }
    if (performance.now() > deadline) {
      throw new DatabaseError(`The embedded server in ${directory} does not answer: ${reason(logTail(paths))}.`, {
        hint: `Its log is ${paths.log}; another program may be connected to it while it shuts down.`,
      });
    }
    await sleep(pause);
  }
}

/** A start has failed. Some failures pass, or can be mended; the others are told. */
function recover(paths: Paths): void {
  const log = logTail(paths);
  const last = reason(log);
  const passing = /postmaster\.pid" already exists|pre-existing shared memory|shared memory block/.test(last);
  if (!passing && !removeStaleRecord(paths)) {
    throw new DatabaseError(`The embedded server did not start: ${last}.`, {
      hint: /No space left/.test(log) ? 'The disk is full: free some space.' : `Its log is ${paths.log}.`,
    });
  }
  removeStaleRecord(paths);
}

async function giveUp(client: pg.Client, paths: Paths): Promise<void> {
  // A server that was killed has nothing to be stopped.
  const last = await isLast(client).catch(() => false);
  const stop = last && !keepMarker(paths);
  // While the lock is held nobody else gets a lease; the server leaves when this connection does.
  const stopped = stop ? stopPostmaster(paths, 'SIGTERM', STOP_PATIENCE_MILLISECONDS) : undefined;
  await end(client);
  await stopped;
}

/** What is known of the embedded server from outside. */
export interface ServerStatus {
  running: boolean;
  /** Whether it stays up with no command using it. */
  kept: boolean;
  pid: number | null;
  /** TCP port on the loopback interface, where one was asked for. */
  port: number | null;
  socket_directory: string;
  data_directory: string;
  log: string;
}

/** Looks at the embedded server without starting it. */
export function serverStatus(directory: string): ServerStatus {
  const paths = pathsIn(directory);
  const pid = existsSync(paths.data) ? postmasterPid(paths) : undefined;
  const marker = keepMarker(paths);
  return {
    running: pid !== undefined,
    kept: marker !== undefined,
    pid: pid ?? null,
    port: marker?.port ?? null,
    socket_directory: paths.socket,
    data_directory: paths.data,
    log: paths.log,
  };
}
