import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { ConflictError, InvalidInputError, NotFoundError, WebmacsError } from '../errors.ts';

/** System calls on connections, and what read and write, which are also made on files, fail with on connections only. */
const CONNECTION_CALLS = ['accept', 'bind', 'connect', 'getaddrinfo', 'listen', 'shutdown'];
const CONNECTION_CODES = /^(ECONN[A-Z]+|E(HOST|NET)(UNREACH|DOWN)|ENOTCONN|EPIPE|ETIMEDOUT)$/;

/** An error of a system call, as Node.js throws it. */
type SystemError = Error & { code: string; syscall: string };

type Kind = new (message: string, options: { hint: string | undefined; cause: unknown }) => WebmacsError;

/** What the error of a system call on a file means, by its code: the kind of error, a sentence, and what to do. */
type Sentences = Record<string, readonly [Kind: Kind, what: (path: string) => string, hint?: (path: string) => string]>;

/** Returns the code of a failed system call, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether a system call on a file or a process failed, not one on a connection, which fails with the same codes. */
export function isFileError(error: unknown): error is SystemError {
  const code = systemCode(error);
  if (!(error instanceof Error && 'syscall' in error) || code === undefined) {
    return false;
  }
  // There is a limit of open files and connections together.
  const limit = code === 'EMFILE' || code === 'ENFILE';
  return limit || !(CONNECTION_CALLS.includes(String(error.syscall)) || CONNECTION_CODES.test(code));
}

/** Returns why a system call failed, such as "permission denied". */
export function systemReason(error: unknown): string {
  return error instanceof Error && 'errno' in error ? getSystemErrorMessage(Number(error.errno)) : String(error);
}

/** Adds the path to an error that has none, as that of a call on an open file. */
export function withPath(error: unknown, path: string): unknown {
  return isFileError(error) && !('path' in error) ? Object.assign(error, { path }) : error;
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
  // As in /proc, or by a symbolic link to a directory that does not exist.
  const isRefused = systemCode(error) === 'ENOENT' && existsSync(dirname(path));
  return anyFileError(error, path, isRefused ? { ENOENT: NOT_CREATED } : WRITING);
}

/**
 * Translates the error of a system call on a file; returns other errors unchanged.
 * @param path the file, by default the one in the error
 * @param particular sentences that say more than those for any file
 */
export function anyFileError(error: unknown, path?: string, particular: Sentences = {}): unknown {
  if (!isFileError(error)) {
    return error;
  }
  const at = path ?? ('path' in error && typeof error.path === 'string' ? error.path : undefined);
  const [Kind, what, hint] = particular[error.code] ?? SENTENCES[error.code] ?? [];
  if (at === undefined || !Kind || !what) {
    const [call = ''] = error.syscall.split(' ');
    const on = at === undefined ? '' : ` on ${at}`;
    return new WebmacsError(`The system call ${call}${on} failed: ${systemReason(error)}.`, {
      hint: 'Check the disk and the limits of the system.',
      cause: error,
    });
  }
  return new Kind(what(at), { hint: hint?.(at), cause: error });
}

const FULL: Sentences[string] = [
  WebmacsError,
  (path) => `No space left on the disk for ${path}.`,
  () => 'Free space there, or choose another place.',
];
const DENIED: Sentences[string] = [
  InvalidInputError,
  (path) => `Permission denied for ${path}.`,
  (path) => `Check the permissions of ${path} and of the directories above it.`,
];
const TOO_MANY: Sentences[string] = [
  WebmacsError,
  (path) => `${path} cannot be opened: too many files are open.`,
  () => 'Raise the limit with "ulimit -n", or close other programs.',
];

const SENTENCES: Sentences = {
  ENOENT: [NotFoundError, (path) => `${path} does not exist.`],
  ENOTDIR: [InvalidInputError, (path) => `${path} cannot be used: part of its path is a file, not a directory.`],
  EISDIR: [InvalidInputError, (path) => `${path} is a directory.`, () => 'Use the path of a file in it.'],
  EEXIST: [ConflictError, (path) => `${path} already exists.`, () => 'Move it away, or choose another place.'],
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: [
    InvalidInputError,
    (path) => `${path} is on a read-only file system.`,
    () => 'Choose another place, or have it mounted for writing.',
  ],
  ENAMETOOLONG: [InvalidInputError, (path) => `The file name ${path} is too long.`, () => 'Choose a shorter one.'],
  ELOOP: [
    InvalidInputError,
    (path) => `A symbolic link in ${path} points to itself, or is not followed.`,
    () => 'Use the path of the file itself.',
  ],
  ENOSPC: FULL,
  EDQUOT: FULL,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
};

/** A file is written under a temporary name first. */
const NOT_WRITABLE: Sentences[string] = [
  InvalidInputError,
  (path) => `No permission to write ${path}.`,
  (path) => `The file is first written under a temporary name, so ${dirname(path)} must be writable.`,
];
const FULL_FOR_OUTPUT: Sentences[string] = [FULL[0], FULL[1], () => 'Free space there; no partial file was kept.'];

const NOT_CREATED: Sentences[string] = [
  InvalidInputError,
  (path) => `${path} cannot be created.`,
  () => 'Choose another directory.',
];

const WRITING: Sentences = {
  ENOENT: [NotFoundError, (path) => `The directory ${dirname(path)} does not exist.`, () => 'Create it first.'],
  ENOTDIR: [InvalidInputError, (path) => `${dirname(path)} is not a directory.`],
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  ENOSPC: FULL_FOR_OUTPUT,
  EDQUOT: FULL_FOR_OUTPUT,
};
