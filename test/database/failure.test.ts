import { expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { databaseFailure, failureCode, isConnectionLost } from '../../src/database/failure.ts';
import { ConflictError, NotFoundError } from '../../src/errors.ts';

/** Codes that no server here can be brought to give; those that one can are in `test/e2e/refusals.test.ts`. */
const WHERE = 'database "lab" on db.lab.org';

/** An error as the driver throws it. */
function driverError(code: string, more: Record<string, string> = {}): Error {
  return Object.assign(new Error('the reason'), { code, ...more });
}

test.each([
  ['ECONNREFUSED', 5, 'database', true],
  ['ENOENT', 5, 'database', true],
  ['EAI_AGAIN', 5, 'database', true],
  ['ETIMEDOUT', 5, 'database', true],
  ['EHOSTUNREACH', 5, 'database', true],
  ['ECONNRESET', 5, 'database', true],
  ['EACCES', 5, 'database', true],
  ['08006', 5, 'database', true],
  ['57P01', 5, 'database', true],
  ['28P01', 5, 'database', false],
  ['3D000', 5, 'database', false],
  ['42P01', 5, 'database', false],
  ['42P07', 4, 'conflict', false],
  ['22003', 2, 'invalid_input', false],
  ['23514', 2, 'invalid_input', false],
  ['55P03', 7, 'lock_timeout', false],
  ['XX000', 5, 'database', false],
])(
  '%s is exit code %i, names the database, and is worth a retry only where the connection was lost',
  (code, exitCode, kind, lost) => {
    const wrapped = new Error('Could not query', { cause: driverError(code) });
    expect(failureOf(databaseFailure(wrapped, WHERE))).toMatchObject({ exitCode, kind });
    expect([failureCode(wrapped), isConnectionLost(wrapped)]).toEqual([code, lost]);
    if (exitCode !== 2) {
      expect(failureOf(databaseFailure(wrapped, WHERE)).message).toContain(WHERE);
    }
  },
);

test('what is not known keeps its own words: an answer of the server with its SQLSTATE, anything else unchanged', () => {
  expect(failureOf(databaseFailure(driverError('XX000'), WHERE)).message).toMatch(/the reason.*XX000/);
  const plain = new Error('a bug');
  expect(databaseFailure(plain, WHERE)).toBe(plain);
  expect(failureOf(plain)).toMatchObject({ exitCode: 1, kind: 'unexpected' });
  const unknown = driverError('EWHAT');
  expect(databaseFailure(unknown, WHERE)).toBe(unknown);
  const sentence = new NotFoundError('Event "x" not found.');
  expect(databaseFailure(sentence, WHERE)).toBe(sentence);
});

test('a value that is taken is a conflict, which says where, also for values with quotes and line ends', () => {
  const error = driverError('23505', { table: 'events', detail: 'Key (name)=(a "b"\n) already exists.' });
  const failure = databaseFailure(error, WHERE);
  expect(failure).toBeInstanceOf(ConflictError);
  expect(failure).toMatchObject({ conflict: { entity: 'events', column: 'name', value: 'a "b"\n' } });
});

test('without a detail, or from another language, a taken value is still a conflict', () => {
  const failure = databaseFailure(driverError('23505', { constraint: 'uq_events_name' }), WHERE);
  expect(failure).toMatchObject({ message: expect.stringContaining('uq_events_name'), conflict: undefined });
});

test('a row that is referred to is a conflict that tells the detail', () => {
  const failure = databaseFailure(driverError('23503', { detail: 'Key (id)=(1) is still referenced.' }), WHERE);
  expect(failure).toBeInstanceOf(ConflictError);
  expect(failure).toMatchObject({ message: expect.stringContaining('Key (id)=(1) is still referenced.') });
});

test.each([
  ['timeout expired while it tried to connect', true],
  ['Connection terminated unexpectedly', true],
  ['self-signed certificate; if the root CA is installed locally', false],
  ['client password must be a string', false],
  ['SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature is missing', false],
])('"%s", which comes without a code, is exit code 5', (message, lost) => {
  const failure = failureOf(databaseFailure(new Error(message), WHERE));
  expect(failure).toMatchObject({ exitCode: 5, message: expect.stringContaining(WHERE) });
  expect(failure.message).not.toContain('if the root CA');
  expect(isConnectionLost(new Error(message))).toBe(lost);
});

test('a host with several addresses counts by the error of the first', () => {
  const several = new AggregateError([driverError('ECONNREFUSED'), driverError('ENETUNREACH')], '');
  expect(failureCode(several)).toBe('ECONNREFUSED');
  expect(failureOf(databaseFailure(several, WHERE)).exitCode).toBe(5);
});

test('a lost connection, as when a full disk stops the server, refers to the log instead of to another try', () => {
  for (const error of [driverError('57P02'), new Error('Connection terminated unexpectedly')]) {
    expect(failureOf(databaseFailure(error, WHERE)).hint).toMatch(
      /^See the server log for the reason, such as a full disk/,
    );
  }
});
