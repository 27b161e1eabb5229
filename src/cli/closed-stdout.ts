import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { Writable } from 'node:stream';

const SHELLS = new Set(['ash', 'bash', 'busybox', 'dash', 'fish', 'ksh', 'mksh', 'sh', 'zsh']);

/**
 * Whether a shell has closed the stdout of this process (`>&-`), on Linux. Node then opens /dev/null in its place, for reading
 * and writing. So do programs that discard the output of others, but for `>/dev/null` a shell opens it for writing only.
 */
export function isStdoutClosed(): boolean {
  try {
    return (
      isNullReadWrite('self') &&
      SHELLS.has(basename(readlinkSync(`/proc/${process.ppid}/exe`))) &&
      // Else it is inherited.
      !isNullReadWrite(process.ppid)
    );
  } catch {
    // Another system, or a parent that has ended or belongs to another user.
    return false;
  }
}

function isNullReadWrite(pid: number | 'self'): boolean {
  try {
    const isNull = readlinkSync(`/proc/${pid}/fd/1`) === '/dev/null';
    return isNull && /^flags:\s*\d*2$/m.test(readFileSync(`/proc/${pid}/fdinfo/1`, 'utf8'));
  } catch {
    return false;
  }
}

/** Returns a stream that fails as a closed one does. */
export function closedStream(): Writable {
  const error = Object.assign(new Error('The stream is closed'), { errno: -constants.errno.EBADF });
  return new Writable({ write: (_piece, _encoding, done) => done(error) });
}
