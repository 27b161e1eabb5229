import { DatabaseError } from '../../errors.ts';
import { systemCode } from '../../files/file-error.ts';

const ELSEWHERE = 'Choose another directory with WEBMACS_DATA_DIR, or set DATABASE_URL.';
const FULL = 'Free about 100 MB, or choose another directory with WEBMACS_DATA_DIR.';

const SENTENCES: Record<string, [what: string, hint: string]> = {
  EACCES: ['is not accessible to this user', ELSEWHERE],
  EPERM: ['cannot be changed by this user', ELSEWHERE],
  EROFS: ['is on a read-only file system', ELSEWHERE],
  ENOTDIR: ['cannot be created: part of its path is a file', ELSEWHERE],
  EEXIST: ['cannot be created: part of its path is a file', ELSEWHERE],
  ELOOP: [
    'is a symbolic link, which is not followed',
    'Move it away, or choose another directory with WEBMACS_DATA_DIR.',
  ],
  ENOSPC: ['is on a full disk', FULL],
  EDQUOT: ['is over its disk quota', FULL],
};

/** Translates a file system error in the embedded server's directory; other errors are returned unchanged. */
export function directoryFailure(error: unknown, directory: string): unknown {
  const [what, hint] = SENTENCES[systemCode(error) ?? ''] ?? [];
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : directory;
  return what && hint
    ? new DatabaseError(`${path}, for the embedded database, ${what}.`, { hint, cause: error })
    : error;
}

/** Returns the hint for an error that a program of PostgreSQL has printed. */
export function hintFor(output: string): string {
  return /No space left|Disk quota exceeded/i.test(output) ? `The disk is full. ${FULL}` : ELSEWHERE;
}

/** Returns the error for a program of PostgreSQL that the system cannot run at all. */
export function cannotRun(program: string, cause: Error): DatabaseError {
  return new DatabaseError(`The embedded PostgreSQL does not run on this system: ${program}: ${cause.message}.`, {
    hint: 'Its programs need glibc, which Alpine Linux does not have. Reinstall the packages, or set DATABASE_URL.',
    cause,
  });
}
