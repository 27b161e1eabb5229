import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';

/** How PostgreSQL titles the process that serves a client: role, database, and where the client is. */
const CLIENT_TITLE = /^postgres: .* (?:\[local\]|\S+\(\d+\)) /;

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Whether the process is the PostgreSQL server of this data directory; a process id alone may have been given away since. */
export function isServerOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) {
    return false;
  }
  if (process.platform !== 'linux') {
    const command = ps('-p', String(pid), '-o', 'command=');
    return /(?:^|\/)postgres\s/.test(command) && command.includes(data);
  }
  const [program = '', ...args] = readOrEmpty(`/proc/${pid}/cmdline`).split('\0');
  return basename(program) === 'postgres' && (args.includes(data) || workingDirectory(pid) === realOrSame(data));
}

/** How many clients the server with this process id serves, counted from outside, for when it lets nobody in any more. */
export function countClients(pid: number): number {
  return childrenOf(pid).filter((title) => CLIENT_TITLE.test(`${title} `)).length;
}

/**
 * Asks the children of a killed server to end: one that computes does not notice for a while that its server is gone,
 * and no new one may start before. Where processes cannot be looked at this closely, nothing is done.
 */
export function endOrphans(data: string): void {
  if (process.platform !== 'linux') {
    return;
  }
  const directory = realOrSame(data);
  for (const pid of processIds()) {
    if (readOrEmpty(`/proc/${pid}/cmdline`).startsWith('postgres: ') && workingDirectory(pid) === directory) {
      try {
        process.kill(pid, 'SIGTERM');
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

function childrenOf(pid: number): string[] {
  if (process.platform !== 'linux') {
    return ps('-A', '-o', 'ppid=,command=')
      .split('\n')
      .flatMap((line) => {
        const [, parent, title] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
        return Number(parent) === pid && title ? [title] : [];
      });
  }
  return processIds().flatMap((child) => {
    // The name, in brackets, may hold blanks; the parent's id is the second field after it.
    const parent = readOrEmpty(`/proc/${child}/stat`).split(') ').at(-1)?.split(' ')[1];
    return Number(parent) === pid ? [readOrEmpty(`/proc/${child}/cmdline`).replaceAll('\0', ' ')] : [];
  });
}

function processIds(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function realOrSame(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function ps(...args: string[]): string {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
