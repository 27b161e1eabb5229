import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  fchownSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { isAlive } from './cluster.ts';
import { keepMarker, type Paths } from './directory.ts';

/** PostgreSQL's own; it is part of the socket's name. */
export const DEFAULT_PORT = 5432;
const MAX_LOG_BYTES = 10_000_000;

/**
 * Starts the server in a session of its own, where the terminal's Ctrl-C does not reach it. Without a port that was
 * asked for it listens on its socket only.
 */
export function startPostmaster(paths: Paths, { postgres }: Binaries, account: Account | undefined): ChildProcess {
  const { port } = keepMarker(paths) ?? {};
  const log = openLog(paths.log, account);
  const network =
    port === undefined ? ['-c', 'listen_addresses='] : ['-c', 'listen_addresses=127.0.0.1', '-p', String(port)];
  const child = spawn(postgres, ['-D', paths.data, '-k', paths.socket, ...network], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  closeSync(log);
  // A failure to start shows in its exit code, and to be started at all, in its absence.
  child.on('error', () => {});
  child.unref();
  return child;
}

/** The process that serves this data directory, or undefined. */
export function postmasterPid(paths: Paths): number | undefined {
  const pid = recordedPid(paths);
  return pid !== undefined && isAlive(pid) && servesData(pid, paths.data) ? pid : undefined;
}

/** Removes the record of a server that is gone, where its process number belongs to somebody else by now. */
export function removeStaleRecord(paths: Paths): boolean {
  const pid = recordedPid(paths);
  if (pid === undefined || !isAlive(pid) || servesData(pid, paths.data)) {
    return false;
  }
  rmSync(join(paths.data, 'postmaster.pid'), { force: true });
  return true;
}

/**
 * Asks the server to stop when its clients have left (SIGTERM), or at once (SIGINT), and waits for it.
 * @returns whether it has stopped
 */
export async function stopPostmaster(paths: Paths, signal: 'SIGTERM' | 'SIGINT', patienceMs: number): Promise<boolean> {
  const pid = postmasterPid(paths);
  if (pid === undefined) {
    return true;
  }
  process.kill(pid, signal);
  const deadline = performance.now() + patienceMs;
  while (isAlive(pid) && servesData(pid, paths.data)) {
    if (performance.now() > deadline) {
      return false;
    }
    await sleep(3);
  }
  return true;
}

/** The last lines of the server's log. */
export function logTail(paths: Paths): string {
  try {
    return readFileSync(paths.log, 'utf8').slice(-4000);
  } catch {
    return '';
  }
}

function recordedPid(paths: Paths): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(paths.data, 'postmaster.pid'), 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** PostgreSQL works in its data directory, which tells its process from any other that got the number. */
function servesData(pid: number, data: string): boolean {
  try {
    return process.platform === 'linux'
      ? readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data)
      : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(data);
  } catch {
    // Out of reach: it belongs to another account, or has just ended.
    return false;
  }
}

function openLog(path: string, account: Account | undefined): number {
  try {
    if (statSync(path).size > MAX_LOG_BYTES) {
      truncateSync(path);
    }
  } catch {
    // There is none yet.
  }
  const file = openSync(path, 'a', 0o600);
  if (account) {
    fchownSync(file, account.uid, account.gid);
  }
  return file;
}
