import { randomBytes } from 'node:crypto';
import { chownSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { ConflictError, DatabaseError } from '../../errors.ts';
import { literal } from '../sql.ts';
import { serverAccount } from './account.ts';
import { SUPERUSER } from './cluster.ts';
import { keepMarker, type Paths, pathsIn } from './directory.ts';
import { end, isLast } from './lease.ts';
import { postmasterPid, stopPostmaster } from './postmaster.ts';
import { type AcquireOptions, acquireServer, lease, type ServerStatus, serverStatus } from './server.ts';

const FORCED_PATIENCE_MILLISECONDS = 30_000;

/**
 * Keeps the embedded server up for other clients, with a TCP port on the loopback interface if one is given; there it
 * wants the password that `serverPassword` reads.
 * @throws ConflictError when the port is taken, or the server is in use and would have to be restarted for it
 */
export async function keepServer(
  directory: string,
  port: number | undefined,
  options: AcquireOptions = {},
): Promise<ServerStatus> {
  const paths = pathsIn(directory);
  const client = await lease(directory, paths, options);
  const before = keepMarker(paths);
  if (before?.port === port) {
    writeMarker(paths, port);
    await end(client);
    return serverStatus(directory);
  }
  if (!(await isLast(client))) {
    await end(client);
    throw new ConflictError('The embedded server is in use, and has to be restarted for another port.', {
      hint: 'Try again when the other commands and clients are done.',
    });
  }
  try {
    await (port === undefined ? undefined : checkFree(port));
    if (port !== undefined) {
      const password = randomBytes(24).toString('base64url');
      await client.query(`alter role ${SUPERUSER} password ${literal(password)}`);
      writePrivate(paths.password, password);
    }
    const stopped = stopPostmaster(paths, 'SIGTERM', FORCED_PATIENCE_MILLISECONDS);
    await end(client);
    await stopped;
    writeMarker(paths, port);
  } finally {
    await end(client);
  }
  await (await acquireServer(directory, options)).release();
  return serverStatus(directory);
}

/**
 * Lets the server go that `db start` kept. It stops when its clients have left, or at once with `force`.
 * @returns its process number, or null if it was not running
 * @throws DatabaseError when clients do not leave in time
 */
export async function stopServer(directory: string, force: boolean, patienceMs: number): Promise<number | null> {
  const paths = pathsIn(directory);
  const pid = postmasterPid(paths) ?? null;
  const marker = keepMarker(paths);
  if (!(await stopPostmaster(paths, force ? 'SIGINT' : 'SIGTERM', patienceMs))) {
    rmSync(paths.marker, { force: true });
    throw new DatabaseError('The embedded server stops as soon as its clients have left.', {
      hint: 'Close them, or pass --force, which cuts them off.',
    });
  }
  if (marker) {
    rmSync(paths.marker, { force: true });
    rmSync(paths.password, { force: true });
  }
  return pid;
}

/** The password for the TCP port, or undefined where none is open. */
export function serverPassword(directory: string): string | undefined {
  try {
    return readFileSync(pathsIn(directory).password, 'utf8');
  } catch {
    return undefined;
  }
}

function writeMarker(paths: Paths, port: number | undefined): void {
  writePrivate(paths.marker, JSON.stringify(port === undefined ? {} : { port }));
}

function writePrivate(path: string, text: string): void {
  const account = serverAccount();
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  if (account) {
    chownSync(temporary, account.uid, account.gid);
  }
  renameSync(temporary, path);
}

async function checkFree(port: number): Promise<void> {
  await new Promise<void>((free, taken) => {
    const probe = createServer();
    probe.once('error', (cause) =>
      taken(
        new ConflictError(`Port ${port} cannot be used: ${cause.message}.`, { hint: 'Choose another port.', cause }),
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => free()));
  });
}
