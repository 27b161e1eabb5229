import { linkSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './directory-failure.ts';
import type { EmbeddedPaths } from './location.ts';
import { isServerOf } from './processes.ts';

/** What a server says of itself in `postmaster.pid`. */
export interface RunningServer {
  readonly pid: number;
  /** The directory of its Unix socket and the number in the socket's name, once it has them. */
  readonly socketDirectory: string | undefined;
  readonly port: number;
  /** Whether it listens on TCP as well, at the same number. */
  readonly tcp: boolean;
  readonly state: 'starting' | 'ready' | 'stopping';
}

/**
 * The server that runs on the data directory, or undefined where none does, whatever a killed one has left there.
 * @see https://www.postgresql.org/docs/17/storage-file-layout.html
 */
export function runningServer(paths: EmbeddedPaths): RunningServer | undefined {
  const text = read(join(paths.data, 'postmaster.pid'));
  const server = text === undefined ? undefined : parse(text);
  return server && isServerOf(server.pid, paths.data) ? server : undefined;
}

/**
 * Takes a lock file out of the way whose process is no server of this data directory. PostgreSQL does so itself where
 * the process is gone, but not where its id has been given to an unrelated process of the same user.
 */
export function removeStaleLock(file: string, data: string): void {
  const text = read(file);
  const pid = text === undefined ? undefined : parse(text)?.pid;
  if (pid === undefined || isServerOf(pid, data)) {
    return;
  }
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== text) {
      // Another command has started a server in between: this is its lock, and goes back.
      linkSync(aside, file);
    }
    unlinkSync(aside);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
  }
}

function parse(text: string): RunningServer | undefined {
  const [pid, , , port, socketDirectory, address, , state] = text.split('\n').map((line) => line.trim());
  // A server that runs without a postmaster, for repairs, writes its process id negative.
  const id = Math.abs(Number(pid));
  return Number.isInteger(id) && id > 0
    ? {
        pid: id,
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
    if (systemCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
