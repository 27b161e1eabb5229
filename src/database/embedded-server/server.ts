import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../environment.ts';
import { DatabaseError } from '../../errors.ts';
import { DATABASE, SUPERUSER } from './cluster.ts';
import { type Paths, pathsIn } from './directory.ts';
import { closeLease, hasOtherClients, isTransient, type Lease, tryAcquireLease, tryMakeExclusive } from './lease.ts';
import { readMarker } from './marker.ts';
import { runningServer } from './pid-file.ts';
import { Postmaster, stopPostmaster } from './postmaster.ts';

const PATIENCE_MILLISECONDS = 30_000;
const STOP_PATIENCE_MILLISECONDS = 10_000;
const RESTART_PATIENCE_MILLISECONDS = 2_000;

/** How to connect to the server: over its socket, in a directory that no other user can enter. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  database: string;
}

/** Keeps the embedded server up while it is held. */
export interface ServerLease extends AsyncDisposable {
  readonly connection: Connection;
  /** Gives it up; the last one stops the server, unless `db start` keeps it or another program is connected. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  /** The program's own, of which the server gets the path; by default an empty one. */
  environment?: Environment;
  /** Told what takes longer than a moment. */
  onProgress?(message: string): void;
  /** How long to wait for a server that does not answer. */
  patienceMs?: number;
}

/**
 * Takes a lease on the embedded server, which is created and started where it has to be. Commands that run at the same
 * moment share one server.
 * @param directory of the embedded server, see `embeddedDirectory`
 * @throws DatabaseError when it cannot be created or started
 */
export async function acquireServer(directory: string, options: AcquireOptions = {}): Promise<ServerLease> {
  const paths = pathsIn(directory, options.environment?.XDG_RUNTIME_DIR);
  const lease = await acquireLease(paths, options);
  const { socketDirectory, port } = lease.server;
  let given: Promise<void> | undefined;
  const release = () => {
    given ??= releaseLease(lease, paths);
    return given;
  };
  const connection = { host: socketDirectory ?? paths.socket, port, user: SUPERUSER, database: DATABASE };
  return { connection, release, [Symbol.asyncDispose]: release };
}

/** Takes a lease, with whatever that takes. The caller gives it up. */
export async function acquireLease(paths: Paths, options: AcquireOptions = {}): Promise<Lease> {
  if (process.platform === 'win32') {
    throw new DatabaseError('The embedded PostgreSQL does not run on Windows.', {
      hint: 'Install PostgreSQL, and set DATABASE_URL to a database of it, as postgresql://USER:PASSWORD@HOST/DATABASE.',
    });
  }
  const { environment = {}, onProgress = () => {}, patienceMs = PATIENCE_MILLISECONDS } = options;
  let deadline = performance.now() + patienceMs;
  let started: Postmaster | undefined;
  for (let pause = 2; ; pause = Math.min(pause * 1.5, 25)) {
    const server = runningServer(paths);
    if (server) {
      const lease = await tryAcquireLease(server);
      if (lease) {
        return lease;
      }
      if (server.state === 'starting') {
        // After a crash it may have a lot to recover; it ends by itself if it cannot.
        deadline = performance.now() + patienceMs;
      }
    } else if (!started || started.hasExited) {
      started?.checkExit();
      started = await Postmaster.start(paths, environment, onProgress);
    }
    if (performance.now() > deadline) {
      throw new DatabaseError(`The embedded server in ${paths.directory} does not answer.`, {
        hint: `Its log is ${paths.log}; another program may be connected to it while it shuts down.`,
      });
    }
    await sleep(pause);
  }
}

/** Ends a lease, and stops the server with the last one. */
export async function releaseLease(lease: Lease, paths: Paths): Promise<void> {
  try {
    await stopIfLast(lease, paths);
  } catch (error) {
    if (!isTransient(error)) {
      throw error;
    }
    // The server, or just its processes for clients, died while the lease was held; who starts again is unaware of it.
    const again = await leaseOnRestarted(paths);
    if (again) {
      await stopIfLast(again, paths).catch(() => {});
      await closeLease(again);
    }
  } finally {
    await closeLease(lease);
  }
}

/** While the server is taken over nobody else gets a lease, nor asks for it to stay up. */
async function stopIfLast(lease: Lease, paths: Paths): Promise<void> {
  if ((await tryMakeExclusive(lease)) && !readMarker(paths) && !(await hasOtherClients(lease))) {
    await stopPostmaster(lease.server, paths, STOP_PATIENCE_MILLISECONDS);
  }
}

async function leaseOnRestarted(paths: Paths): Promise<Lease | undefined> {
  const deadline = performance.now() + RESTART_PATIENCE_MILLISECONDS;
  for (let server = runningServer(paths); server && performance.now() < deadline; server = runningServer(paths)) {
    const lease = await tryAcquireLease(server).catch(() => undefined);
    if (lease) {
      return lease;
    }
    await sleep(20);
  }
  return undefined;
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
  const server = runningServer(paths);
  return {
    running: server !== undefined,
    kept: readMarker(paths) !== undefined,
    pid: server?.pid ?? null,
    port: server?.tcp ? server.port : null,
    socket_directory: server?.socketDirectory ?? paths.socket,
    data_directory: paths.data,
    log: paths.log,
  };
}
