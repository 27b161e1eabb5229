import { DatabaseError } from '../../errors.ts';

const ELSEWHERE = 'Set WEBMACS_DATA_DIR to another directory, or DATABASE_URL to a server of your own.';

const SENTENCES: Record<string, [what: string, hint: string]> = {
  EACCES: ['is not accessible to this user', ELSEWHERE],
  EPERM: ['may not be changed by this user', ELSEWHERE],
  EROFS: ['is on a read-only file system', ELSEWHERE],
  ENOTDIR: ['cannot be made: part of the path is a file', ELSEWHERE],
  EEXIST: ['cannot be made: part of the path is a file', ELSEWHERE],
  ENOSPC: ['is on a full disk', 'Free space there and try again, or set WEBMACS_DATA_DIR to a directory on another disk.'],
  EDQUOT: ['is over its disk quota', 'Free space and try again, or set WEBMACS_DATA_DIR to another directory.'],
};

/** The error code of a system call, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Turns a failure of the file system below the embedded server's directory into a sentence; others come back as they are. */
export function directoryFailure(error: unknown, directory: string): unknown {
  const [what, hint] = SENTENCES[systemCode(error) ?? ''] ?? [];
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : directory;
  return what && hint
    ? new DatabaseError(`The embedded database's directory ${path} ${what}.`, { hint, cause: error })
    : error;
}

/** The sentence for a disk that filled up while PostgreSQL wrote, recognised in what it printed. */
export function fullDisk(output: string, directory: string): DatabaseError | undefined {
  return /No space left on device|Disk quota exceeded/i.test(output)
    ? new DatabaseError(`The disk that holds ${directory} is full.`, {
        hint: 'Free space there and try again, or set WEBMACS_DATA_DIR to a directory on another disk.',
      })
    : undefined;
}
