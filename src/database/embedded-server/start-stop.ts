import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { baseDirectory } from '../../environment.ts';
import { ConflictError, DatabaseError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { literal } from '../sql.ts';
import { SUPERUSER } from './cluster.ts';
import { type Paths, pathsIn } from './directory.ts';
import { closeLease, isTransient, type Lease, tryAcquireLease, waitUntilExclusive } from './lease.ts';
import { readMarker, readPassword, writeMarker, writePassword } from './marker.ts';
import { type RunningServer, runningServer } from './pid-file.ts';
import { stopPostmaster } from './postmaster.ts';
import { isServerOf } from './processes.ts';
import { type AcquireOptions, acquireLease, releaseLease, type ServerStatus, serverStatus } from './server.ts';

const RESTART_PATIENCE_MILLISECONDS = 3_000;
const STOP_PATIENCE_MILLISECONDS = 30_000;

/**
 * Starts the embedded server, to stay up for other clients, with a TCP port on the loopback interface if one is given; TCP
 * requires the password that `serverPassword` returns.
 * @throws ConflictError when the port is in use, or the server is in use and would have to be restarted
 */
export async function startServer(
  directory: string,
  port: number | undefined,
  options: AcquireOptions = {},
): Promise<ServerStatus> {
  const paths = pathsIn(directory, baseDirectory(options.environment ?? {}, 'XDG_RUNTIME_DIR'));
  const before = readMarker(paths);
  try {
    for (;;) {
      const lease = await acquireLease(paths, options);
      try {
        await setPassword(lease, paths, port);
        if (listensOn(lease.server, port)) {
          await writeMarker(paths, defined({ port }));
          return serverStatus(directory);
        }
        await stopForRestart(lease, paths, port);
      } catch (error) {
        // The server may have stopped or crashed while we waited for it.
        if (!isTransient(error)) {
          throw error;
        }
      } finally {
        await releaseLease(lease, paths);
      }
    }
  } catch (error) {
    if (readMarker(paths)?.port === port && before?.port !== port) {
      // An unavailable port must not keep the next command from starting the server.
      await writeMarker(paths, before);
    }
    throw error;
  }
}

/**
 * Stops the server that `db start` keeps up, once its clients have disconnected, or at once with `force`.
 * @returns its PID, or null if it was not running
 * @throws DatabaseError when clients do not disconnect in time; then the last command to end after them stops it
 */
export async function stopServer(directory: string, force: boolean, patienceMs: number): Promise<number | null> {
  const paths = pathsIn(directory);
  await writeMarker(paths, undefined);
  const server = runningServer(paths);
  if (!server) {
    return null;
  }
  const stopped = force
    ? await stopPostmaster(server, paths, STOP_PATIENCE_MILLISECONDS)
    : await stopWhenUnused(server, paths, patienceMs);
  if (!stopped) {
    throw force
      ? new DatabaseError(`The embedded server, process ${server.pid}, does not stop.`, { hint: `See ${paths.log}.` })
      : new DatabaseError('The embedded server is still in use.', {
          hint: 'Close its clients and try again, or pass --force to disconnect them.',
        });
  }
  return server.pid;
}

/** Returns the password for the TCP port, or undefined if there is none. It stays the same across restarts. */
export function serverPassword(directory: string): string | undefined {
  const paths = pathsIn(directory);
  return runningServer(paths)?.tcp ? readPassword(paths) : undefined;
}

function listensOn(server: RunningServer, port: number | undefined): boolean {
  return port === undefined ? !server.tcp : server.tcp && server.port === port;
}

async function setPassword({ client }: Lease, paths: Paths, port: number | undefined): Promise<void> {
  if (port !== undefined) {
    const password = readPassword(paths) ?? randomBytes(24).toString('base64url');
    await writePassword(paths, password);
    await client.query(`alter role ${SUPERUSER} password ${literal(password)}`);
  }
}

/** Stops a server that nobody uses, and records the port for the next start. */
async function stopForRestart(lease: Lease, paths: Paths, port: number | undefined): Promise<void> {
  if (!(await waitUntilExclusive(lease, RESTART_PATIENCE_MILLISECONDS))) {
    throw new ConflictError('The embedded server is in use, and has to be restarted to change its port.', {
      hint: 'Try again when the other commands and clients are done.',
    });
  }
  if (port !== undefined) {
    await expectFree(port);
  }
  await writeMarker(paths, defined({ port }));
  await stopPostmaster(lease.server, paths, STOP_PATIENCE_MILLISECONDS);
}

async function stopWhenUnused(server: RunningServer, paths: Paths, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (isServerOf(server.pid, paths.data)) {
    if (performance.now() > deadline) {
      return false;
    }
    const current = runningServer(paths);
    const lease = current?.pid === server.pid ? await tryAcquireLease(current) : undefined;
    if (lease) {
      try {
        if (await waitUntilExclusive(lease, deadline - performance.now())) {
          return await stopPostmaster(server, paths, STOP_PATIENCE_MILLISECONDS);
        }
      } catch (error) {
        if (!isTransient(error)) {
          throw error;
        }
      } finally {
        await closeLease(lease);
      }
    }
    await sleep(20);
  }
  return true;
}

async function expectFree(port: number): Promise<void> {
  const probe = createServer();
  await once(probe.listen(port, '127.0.0.1'), 'listening').catch((cause: Error) => {
    throw new ConflictError(`Port ${port} cannot be used: ${cause.message}.`, { hint: 'Choose another port.', cause });
  });
  await once(probe.close(), 'close');
}
