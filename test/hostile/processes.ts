import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Returns the arguments of each process, by its number; of other systems than Linux, none. */
export function processes(): Map<number, string> {
  const pids = existsSync('/proc/self/cmdline') ? readdirSync('/proc').map(Number).filter(Boolean) : [];
  return new Map(pids.map((pid) => [pid, textIfThere(`/proc/${pid}/cmdline`)]));
}

/** Whether a process has this path among its arguments. */
export function isRunning(path: string): boolean {
  return [...processes().values()].some((words) => words.split('\0').includes(path));
}

/** Returns the content of a file, and nothing if it, or its process, is gone. */
export function textIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
