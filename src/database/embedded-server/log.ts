import { closeSync, constants, fchownSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { DatabaseError } from '../../errors.ts';
import { isOwn } from '../../files/whole-file.ts';
import type { Paths } from './directory.ts';

const MAX_BYTES = 10_000_000;
const MAX_EXCERPT = 65_536;
/** Root must not follow another user's link. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/**
 * Opens the server's log for appending, after rotating a long one.
 * @returns the file descriptor, which the caller closes, and the offset of the new part
 */
export function openLog({ log, directory }: Paths): { file: number; start: number } {
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) {
    renameSync(log, `${log}.1`);
  }
  // Non-blocking: the path may be a named pipe.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const file = openSync(log, O_WRONLY | O_APPEND | O_CREAT | NO_LINK | (O_NONBLOCK ?? 0), 0o600);
  try {
    const made = fstatSync(file);
    if (process.getuid?.() === 0 && made.size === 0 && made.isFile() && made.nlink === 1) {
      // In another user's directory, that user must be able to write the log that root creates.
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

/** Returns the log from `start` on, at most its last 64 KiB. */
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
 * Returns the line that states the error, without its full stop.
 * @param pid the process whose lines are preferred
 */
export function failureReason(output: string, pid?: number): string {
  const lines = output.split('\n').filter((line) => line.trim());
  const errors = lines.filter((line) => /FATAL|PANIC|error:|ERROR|could not/i.test(line));
  const line =
    errors.findLast((text) => /No space left|Disk quota/i.test(text)) ??
    errors.findLast((text) => text.includes(` [${pid}] `)) ??
    errors.at(-1) ??
    lines.at(-1);
  return (line?.trim() ?? 'no reason was given').replace(/^.*?(FATAL|PANIC|ERROR|error): */, '').replace(/\.$/, '');
}
