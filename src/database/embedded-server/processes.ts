import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { isAlive } from '../../files/process.ts';

/** Whether the process has exited, even if its parent has not reaped it. */
export function hasExited(pid: number): boolean {
  return !isAlive(pid) || /\) [ZX] /.test(textOf(`/proc/${pid}/stat`));
}

/**
 * Whether the process is the server of this data directory: another program may have its PID. Checks its command line; the
 * working directory would be more reliable, but root cannot read that of another account's process in a container without
 * CAP_SYS_PTRACE.
 */
export function isServerOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) {
    return false;
  }
  if (process.platform === 'linux') {
    const [program = '', ...words] = textOf(`/proc/${pid}/cmdline`).split('\0');
    return basename(program) === 'postgres' && (words.includes(data) || workingDirectory(pid) === realPath(data));
  }
  const command = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return /(^|\/)postgres\s/.test(command) && command.includes(data);
}

/**
 * Terminates the processes that a killed server of this data directory has left: one that serves a client notices only when
 * it next waits for something, and until then no new server can start. Without /proc, does nothing.
 */
export function terminateOrphans(data: string): void {
  if (process.platform !== 'linux') {
    return;
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const isOurs = textOf(`/proc/${pid}/cmdline`).startsWith('postgres: ') && workingDirectory(pid) === realPath(data);
    if (isOurs && !isServerOf(parentOf(pid), data)) {
      try {
        process.kill(Number(pid), 'SIGTERM');
      } catch {
        // It has exited in the meantime.
      }
    }
  }
}

function parentOf(pid: string): number {
  // The name, in parentheses, may contain spaces; the parent's PID is the second field after it.
  return Number(textOf(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1] ?? 0);
}

function workingDirectory(pid: number | string): string | undefined {
  return orElse(undefined, () => readlinkSync(`/proc/${pid}/cwd`));
}

function realPath(path: string): string {
  return orElse(path, () => realpathSync(path));
}

function textOf(path: string): string {
  return orElse('', () => readFileSync(path, 'utf8'));
}

/** Returns `missing` for what does not exist, no longer exists, or must not be read. */
function orElse<T>(missing: T, read: () => string): T | string {
  try {
    return read();
  } catch {
    return missing;
  }
}
