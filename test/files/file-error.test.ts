import { expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { databaseFailure } from '../../src/database/failure.ts';
import { anyFileError, fileError, isFileError } from '../../src/files/file-error.ts';

/** An error as Node.js throws it for a system call. */
function systemError(code: string, syscall: string, more: object = {}): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, errno: -5, ...more });
}

const failure = (error: Error) => failureOf(databaseFailure(anyFileError(error), 'the database'));

test.each([
  ['ENOENT', 'open', 3],
  ['EEXIST', 'mkdir', 4],
  ['EACCES', 'mkdir', 2],
  ['EPERM', 'chmod', 2],
  ['EROFS', 'open', 2],
  ['ENOTDIR', 'lstat', 2],
  ['EISDIR', 'read', 2],
  ['ENAMETOOLONG', 'open', 2],
  ['ELOOP', 'open', 2],
  ['ENOSPC', 'write', 1],
  ['EDQUOT', 'fsync', 1],
  ['EMFILE', 'open', 1],
  ['EIO', 'read', 1],
  ['EACCES', 'spawn', 2],
])('%s of %s is of the file system: exit code %i, with the path and what to do', (code, syscall, exitCode) => {
  const { message, hint = '', ...found } = failure(systemError(code, syscall, { path: '/srv/lab' }));
  expect(found.exitCode).toBe(exitCode);
  expect(message).toContain('/srv/lab');
  expect(message).not.toMatch(/database|SQLSTATE|socket|Unexpected/);
  expect(hint !== '' || exitCode === 3 || code === 'ENOTDIR').toBe(true);
});

test.each([
  ['ENOENT', 'connect'],
  ['EACCES', 'connect'],
  ['ECONNRESET', 'read'],
  ['EPIPE', 'write'],
  ['ENOTFOUND', 'getaddrinfo'],
  ['ETIMEDOUT', 'read'],
])('%s of %s is of the connection: exit code 5', (code, syscall) => {
  const error = systemError(code, syscall, { address: '/run/.s.PGSQL.5432' });
  expect([isFileError(error), failure(error).exitCode]).toEqual([false, 5]);
});

test('a connection for which no file can be opened is not blamed on the database', () => {
  expect(failure(systemError('EMFILE', 'connect'))).toMatchObject({ exitCode: 1, kind: 'failure' });
});

test('a directory that exists is not said to be missing, where a file cannot be created', () => {
  const error = systemError('ENOENT', 'open');
  expect(fileError(error, '/proc/run.csv')).toMatchObject({ message: '/proc/run.csv cannot be created.' });
  expect(fileError(error, '/nowhere/run.csv')).toMatchObject({ message: 'The directory /nowhere does not exist.' });
});

test('a file that is written says that its directory must be writable', () => {
  expect(fileError(systemError('EACCES', 'open'), '/srv/run.csv')).toMatchObject({
    message: 'No permission to write /srv/run.csv.',
    hint: expect.stringContaining('so /srv must be writable'),
  });
});
