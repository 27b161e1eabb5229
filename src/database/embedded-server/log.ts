import { closeSync, constants, fchownSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { DatabaseError } from '../../errors.ts';
import { isOwn } from '../../files/whole-file.ts';
import type { Paths } from './directory.ts';

const MAX_BYTES = 10_000_000;
const MAX_EXCERPT = 65_536;
/** Root must not write where somebody else's link leads. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/**
 * Opens the server's log to append to it; a long one is put aside first.
 * @returns the file descriptor, which the caller closes, and where the new part starts
 */
export function openLog({ log, directory }: Paths): { file: number; start: number } {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) {
    renameSync(log, `${log}.1`);
  }
  // Not waiting: somebody may have put a pipe there.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const file = openSync(log, O_WRONLY | O_APPEND | O_CREAT | NO_LINK | (O_NONBLOCK ?? 0), 0o600);
  try {
    const made = fstatSync(file);
    if (process.getuid?.() === 0 && made.size === 0 && made.isFile() && made.nlink === 1) {
      // Where root works in somebody's directory, they must be able to go on with the log.
      const { uid, gid } = statSync(directory);
      fchownSync(file, uid, gid);
    }
    if (!isOwn(file, log)) {
      throw new DatabaseError(`${log} is not a file of the owner of ${directory}.`, { hint: 'Move it away.' });
    }
    return { file, start: made.size };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** What the log has from `start` on, its last 64 KiB at most. */
export function readLog({ log }: Paths, start: number): string {
  const file = openSync(log, constants.O_RDONLY | NO_LINK);
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
export function failureReason(output: string, pid?: number): string {
  const lines = output.split('\n').filter((line) => line.trim());
  const telling = lines.filter((line) => /FATAL|PANIC|error:|ERROR|could not/i.test(line));
  const line =
    telling.findLast((text) => /No space left|Disk quota/i.test(text)) ??
    telling.findLast((text) => text.includes(` [${pid}] `)) ??
    telling.at(-1) ??
    lines.at(-1);
  return (line?.trim() ?? 'no reason was given').replace(/^.*?(FATAL|PANIC|ERROR|error): */, '').replace(/\.$/, '');
}
