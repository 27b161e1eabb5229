import { setTimeout as sleep } from 'node:timers/promises';
import { baseDirectory } from '../../environment.ts';
import { DatabaseError } from '../../errors.ts';
import { DATABASE, SUPERUSER } from './cluster.ts';
import { type Paths, pathsIn } from './directory.ts';
import { closeLease, hasOtherClients, isTransient, type Lease, tryAcquireLease, tryMakeExclusive } from './lease.ts';
import { readMarker } from './marker.ts';
import { runningServer } from './pid-file.ts';
import { Postmaster, type StartOptions, stopPostmaster } from './postmaster.ts';

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
  /** Releases it; the last one stops the server, unless `db start` keeps it up or another program is connected. */
  release(): Promise<void>;
}

export interface AcquireOptions extends StartOptions {
  /** How long to wait for a server that does not answer. */
  patienceMs?: number;
}

/**
 * Acquires a lease on the embedded server, creating and starting it if needed. Concurrent commands share one server.
 * @param directory of the embedded server, see `embeddedDirectory`
 * @throws DatabaseError when it cannot be created or started
 */
export async function acquireServer(directory: string, options: AcquireOptions = {}): Promise<ServerLease> {
  const paths = pathsIn(directory, baseDirectory(options.environment ?? {}, 'XDG_RUNTIME_DIR'));
  const lease = await acquireLease(paths, options);
  const { socketDirectory, port } = lease.server;
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= releaseLease(lease, paths);
    return released;
  };
  const connection = { host: socketDirectory ?? paths.socket, port, user: SUPERUSER, database: DATABASE };
  return { connection, release, [Symbol.asyncDispose]: release };
}

/** Acquires a lease, creating and starting the server if needed. The caller releases it. */
export async function acquireLease(paths: Paths, options: AcquireOptions = {}): Promise<Lease> {
  if (process.platform === 'win32') {
    throw new DatabaseError('The embedded PostgreSQL does not run on Windows.', {
      hint: 'Install PostgreSQL, and set DATABASE_URL to a database, as postgresql://USER:PASSWORD@HOST/DATABASE.',
    });
  }
  const { patienceMs = PATIENCE_MILLISECONDS } = options;
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
        // Recovery after a crash may take long; the server exits by itself if it fails.
        deadline = performance.now() + patienceMs;
      }
    } else if (!started || started.hasExited) {
      started?.checkExit();
      started = await Postmaster.start(paths, options);
    }
    if (performance.now() > deadline) {
      throw new DatabaseError(`The embedded server in ${paths.directory} does not answer.`, {
        hint: `Its log is ${paths.log}; another program may be connected to it while it shuts down.`,
      });
    }
    await sleep(pause);
  }
}

/** Releases a lease, and stops the server with the last one. */
export async function releaseLease(lease: Lease, paths: Paths): Promise<void> {
  try {
    await stopIfLast(lease, paths);
  } catch (error) {
    if (!isTransient(error)) {
      throw error;
    }
    // The server, or just its backends, crashed while the lease was held; a restarted one does not know the lease.
    const renewed = await leaseOnRestarted(paths);
    if (renewed) {
      await stopIfLast(renewed, paths).catch(() => {});
      await closeLease(renewed);
    }
  } finally {
    await closeLease(lease);
  }
}

/** While the lock is exclusive, nobody else can acquire a lease or let the server stay up. */
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

/** The state of the embedded server. */
export interface ServerStatus {
  running: boolean;
  /** Whether it stays up without commands using it. */
  kept: boolean;
  pid: number | null;
  /** TCP port on the loopback interface, if one was requested. */
  port: number | null;
  socket_directory: string;
  data_directory: string;
  log: string;
}

/** Returns the state of the embedded server without starting it. */
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
