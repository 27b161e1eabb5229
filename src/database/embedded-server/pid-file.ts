import { linkSync, readFileSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../files/file-error.ts';
import type { Paths } from './directory.ts';
import { isServerOf } from './processes.ts';

const EMPTY_FOR_MILLISECONDS = 3_000;

/** A server, as described by its `postmaster.pid`. */
export interface RunningServer {
  readonly pid: number;
  /** The directory of its socket, once it has one. It depends on the environment of the command that started the server. */
  readonly socketDirectory: string | undefined;
  /** The number in the socket's name, and the TCP port, if it has one. */
  readonly port: number;
  readonly tcp: boolean;
  readonly state: 'starting' | 'ready' | 'stopping';
}

/**
 * Returns the server that runs on the data directory, or undefined, even if a killed one has left its file.
 * @see https://www.postgresql.org/docs/17/storage-file-layout.html
 */
export function runningServer({ data }: Paths): RunningServer | undefined {
  const server = parse(read(join(data, 'postmaster.pid')));
  return server && isServerOf(server.pid, data) ? server : undefined;
}

/**
 * Removes lock files whose process is not a server of this data directory. PostgreSQL does so itself if the process does not
 * exist, but not if another program of the same user has its PID.
 */
export function removeStaleLocks(paths: Paths, port: number): void {
  for (const file of [join(paths.data, 'postmaster.pid'), join(paths.socket, `.s.PGSQL.${port}.lock`)]) {
    const text = read(file);
    const pid = parse(text)?.pid;
    if (pid === undefined ? text === '' && isOld(file) : !isServerOf(pid, paths.data)) {
      remove(file, text);
    }
  }
}

/** A server creates the file and then writes its PID; a full disk or a crash can prevent that. */
function isOld(file: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - made > EMPTY_FOR_MILLISECONDS;
}

function remove(file: string, text: string | undefined): void {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== text) {
      // Another command has started a server in the meantime: restore its lock.
      linkSync(aside, file);
    }
    unlinkSync(aside);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
  }
}

function parse(text: string | undefined): RunningServer | undefined {
  const [number, , , port, socketDirectory, address, , state] = text?.split('\n').map((line) => line.trim()) ?? [];
  // A server in single-user mode writes a negative PID.
  const pid = Math.abs(Number(number));
  return Number.isInteger(pid) && pid > 0
    ? {
        pid,
        socketDirectory: socketDirectory || undefined,
        port: Number(port),
        tcp: Boolean(address),
        state: state === 'ready' || state === 'stopping' ? state : 'starting',
      }
    : undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // An inaccessible file is not this user's server; starting one reports the error.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) {
      return undefined;
    }
    throw error;
  }
}
