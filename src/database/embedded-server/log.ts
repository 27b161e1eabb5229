import { closeSync, constants, fchownSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import type { Paths } from './directory.ts';

const MAX_BYTES = 10_000_000;
const MAX_EXCERPT = 65_536;

/**
 * Opens the server's log to append to it; a long one is put aside first.
 * @returns the file descriptor, which the caller closes, and where the new part starts
 */
export function openLog({ log, directory }: Paths): { file: number; start: number } {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) {
    renameSync(log, `${log}.1`);
  }
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const file = openSync(log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (process.getuid?.() === 0) {
    // Where root works in somebody's directory, they must be able to go on with the log.
    const { uid, gid } = statSync(directory);
    fchownSync(file, uid, gid);
  }
  return { file, start: fstatSync(file).size };
}

/** What the log has from `start` on, its last 64 KiB at most. */
export function readLog({ log }: Paths, start: number): string {
  const file = openSync(log, 'r');
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
 * The line that says what is wrong, without its full stop.
 * @param pid the process whose lines count, where it wrote any that tell
 */
export function reason(output: string, pid?: number): string {
  const lines = output.split('\n').filter((line) => line.trim());
  const telling = lines.filter((line) => /FATAL|PANIC|error:|ERROR|could not/i.test(line));
  const line =
    telling.findLast((text) => /No space left|Disk quota/i.test(text)) ??
    telling.findLast((text) => text.includes(` [${pid}] `)) ??
    telling.at(-1) ??
    lines.at(-1);
  return (line?.trim() ?? 'no reason was given').replace(/^.*?(FATAL|PANIC|ERROR|error): */, '').replace(/\.$/, '');
}
