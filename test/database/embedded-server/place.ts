import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { type Paths, pathsIn } from '../../../src/database/embedded-server/directory.ts';
import { acquireServer, type Connection, serverStatus } from '../../../src/database/embedded-server/server.ts';
import { bundled } from '../../support/bundled.ts';
import { oncePerRun } from '../../support/once-per-run.ts';

export const isRoot = process.getuid?.() === 0;

/** A directory for an embedded server of a test's own; at the end it is removed, and a server that is left is killed. */
export class Place implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'webmacs-test-'));
  readonly directory: string;
  readonly paths: Paths;

  constructor(...below: string[]) {
    // For root the server runs under another account, which must get through.
    chmodSync(this.root, isRoot ? 0o711 : 0o700);
    this.directory = join(this.root, ...below, 'webmacs');
    this.paths = pathsIn(this.directory);
  }

  /** The process number in postmaster.pid, whether or not that process lives. */
  get recordedPid(): number | undefined {
    const file = join(this.paths.data, 'postmaster.pid');
    return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
  }

  get status() {
    return serverStatus(this.directory);
  }

  [Symbol.dispose](): void {
    const { pid } = this.status;
    if (pid !== null) {
      process.kill(pid, 'SIGKILL');
    }
    // Where the path was too long, it lies elsewhere.
    rmSync(this.paths.socket, { recursive: true, force: true });
    rmSync(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** A place with a cluster in it, copied from the run's first one: creating one takes longest of all. */
export async function madePlace(...below: string[]): Promise<Place> {
  const template = await oncePerRun('cluster', async (path) => {
    using first = new Place();
    // What a crash of the machine would lose is of no use afterwards; a crash of the server loses nothing.
    await withServer(first, async (at) => await query(at, 'alter system set fsync = off'));
    renameSync(first.directory, path);
  });
  const place = new Place(...below);
  mkdirSync(dirname(place.directory), { recursive: true });
  execFileSync('cp', ['-a', template, place.directory]);
  return place;
}

/** Starts the server for as long as `use` takes. */
export async function withServer<T>({ directory }: Place, use: (connection: Connection) => Promise<T>): Promise<T> {
  await using lease = await acquireServer(directory);
  return await use(lease.connection);
}

/** Runs one statement on a connection of its own. */
export async function query(connection: pg.ClientConfig, sql: string): Promise<unknown[]> {
  await using client = await connect(connection);
  return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
}

/** A foreign client, such as psql is one. */
export async function connect(connection: pg.ClientConfig): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ application_name: 'psql', ...connection });
  client.on('error', () => {});
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end().catch(() => {}) });
}

/** A process that takes a lease, says so, and keeps it until its standard input ends or it is interrupted. */
export async function startHolder({ directory }: Place): Promise<{ child: ChildProcess; said: string }> {
  const script = await bundled(new URL('./holder.ts', import.meta.url));
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = await new Promise<string>((done) => {
    createInterface(child.stdout)
      .once('line', done)
      .once('close', () => done(''));
  });
  return { child, said };
}

/** Ends a holder, and waits for it. */
export async function endHolder(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((done) => child.once('close', done));
  if (signal) {
    child.kill(signal);
  } else {
    child.stdin?.end();
  }
  return await ended;
}
