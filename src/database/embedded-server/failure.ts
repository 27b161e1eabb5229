import { DatabaseError } from '../../errors.ts';

const ELSEWHERE = 'Choose another place with WEBMACS_DATA_DIR, or set DATABASE_URL.';
const FULL = 'Free about 100 MB, or choose another place with WEBMACS_DATA_DIR.';

const SENTENCES: Record<string, [what: string, hint: string]> = {
  EACCES: ['is closed to this user', ELSEWHERE],
  EPERM: ['may not be changed by this user', ELSEWHERE],
  EROFS: ['is on a read-only file system', ELSEWHERE],
  ENOTDIR: ['cannot be made: part of its path is a file', ELSEWHERE],
  EEXIST: ['cannot be made: part of its path is a file', ELSEWHERE],
  ELOOP: ['is a symbolic link, which is not followed', 'Move it away, or choose another place with WEBMACS_DATA_DIR.'],
  ENOSPC: ['is on a full disk', FULL],
  EDQUOT: ['is over its disk quota', FULL],
};

/** The code of a failed system call, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Makes a sentence of a failure of the file system in the embedded server's directory; others come back as they are. */
export function directoryFailure(error: unknown, directory: string): unknown {
  const [what, hint] = SENTENCES[systemCode(error) ?? ''] ?? [];
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : directory;
  return what && hint
    ? new DatabaseError(`${path}, for the embedded database, ${what}.`, { hint, cause: error })
    : error;
}

/** What to do about a failure that a program of PostgreSQL has printed. */
export function hintFor(output: string): string {
  return /No space left|Disk quota exceeded/i.test(output) ? `The disk is full. ${FULL}` : ELSEWHERE;
}

/** The sentence for a program of PostgreSQL that the system does not run at all. */
export function cannotRun(program: string, cause: Error): DatabaseError {
  return new DatabaseError(`The embedded PostgreSQL does not run on this system: ${program}: ${cause.message}.`, {
    hint: 'Its programs need glibc, which Alpine Linux has not. Install the packages again, or set DATABASE_URL.',
    cause,
  });
}
