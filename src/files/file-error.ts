import { dirname } from 'node:path';
import { ConflictError, InvalidInputError, NotFoundError, WebmacsError } from '../errors.ts';

/** System calls on the file itself: a connection to a database fails with the same codes. */
const FILE_CALLS = new Set([
  'chmod',
  'copyfile',
  'fchmod',
  'fchown',
  'fsync',
  'link',
  'lstat',
  'mkdir',
  'open',
  'readlink',
  'realpath',
  'rename',
  'rm',
  'rmdir',
  'scandir',
  'stat',
  'unlink',
  'write',
]);

/** Returns the code of a failed system call, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function fileExists(path: string): ConflictError {
  return new ConflictError(`${path} already exists.`, {
    hint: 'Pass --force to replace it, or choose another name.',
  });
}

export function isDirectory(path: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`${path} is a directory.`, { hint: 'Use the path of a file in it.', cause });
}

/** Translates the error for a working directory that was deleted, which even libraries ask for; returns others unchanged. */
export function workingDirectoryError(error: unknown): unknown {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd'
    ? new InvalidInputError('The working directory no longer exists.', {
        hint: 'Change to another one with "cd".',
        cause: error,
      })
    : error;
}

/** Translates the error of a system call on a file to be written; returns other errors unchanged. */
export function fileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error && FILE_CALLS.has(String(error.syscall)))) {
    return error;
  }
  const folder = dirname(path);
  switch (error.code) {
    case 'ENOENT':
      return new NotFoundError(`There is no directory ${folder}.`, { hint: 'Create it first.', cause: error });
    case 'ENOTDIR':
      return new InvalidInputError(`${folder} is not a directory.`, { cause: error });
    case 'EISDIR':
      return isDirectory(path, error);
    case 'EACCES':
    case 'EPERM':
      return new InvalidInputError(`No permission to write ${path}.`, {
        hint: `The file is first written under a temporary name, so ${folder} must be writable.`,
        cause: error,
      });
    case 'EROFS':
      return new InvalidInputError(`${path} is on a read-only file system.`, { cause: error });
    case 'ENAMETOOLONG':
      return new InvalidInputError(`The file name ${path} is too long.`, { cause: error });
    case 'ELOOP':
      return new InvalidInputError(`${path} is a symbolic link that points to itself.`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new WebmacsError(`No space left on the disk for ${path}.`, {
        hint: 'No partial file was kept.',
        cause: error,
      });
    default:
      return error;
  }
}
