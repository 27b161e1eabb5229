import { closeSync, constants, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import type { EmbeddedPaths } from './location.ts';

const MAX_BYTES = 1 << 20;
const MAX_EXCERPT = 1 << 16;

/**
 * Opens the server's log to append to it; a big one is put aside first, and the one put aside before is dropped.
 * @returns the file descriptor, to be closed by the caller, and where the new part starts
 */
export function openLog(paths: EmbeddedPaths): { file: number; start: number } {
  if ((statSync(paths.log, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) {
    renameSync(paths.log, `${paths.log}.1`);
  }
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const file = openSync(paths.log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  return { file, start: fstatSync(file).size };
}

/** The log from `start` on, not more than its last 64 KiB. */
export function readLog(paths: EmbeddedPaths, start: number): string {
  const file = openSync(paths.log, 'r');
  try {
    const { size } = fstatSync(file);
    const from = Math.max(start > size ? 0 : start, size - MAX_EXCERPT);
    const bytes = Buffer.alloc(size - from);
    readSync(file, bytes, 0, bytes.length, from);
    return bytes.toString();
  } finally {
    closeSync(file);
  }
}

/**
 * Why a server did not start, from its log: the last fatal message of that process, or of any that wrote meanwhile, or
 * the last line at all, such as the dynamic linker's.
 */
export function reasonIn(log: string, pid: number): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.filter((line) => / (?:FATAL|PANIC|ERROR): {2}/.test(line));
  const line = fatal.findLast((text) => text.includes(` [${pid}] `)) ?? fatal.at(-1) ?? lines.at(-1);
  return line?.replace(/^.*? (?:FATAL|PANIC|ERROR|LOG): {2}/, '');
}
