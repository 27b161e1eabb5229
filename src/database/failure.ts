import { ConflictError, DatabaseError, InvalidInputError, LockTimeoutError, WebmacsError } from '../errors.ts';

interface PostgresFailure {
  code: string;
  message: string;
  detail?: string;
  constraint?: string;
  table?: string;
  column?: string;
}

/** Returns the SQLSTATE or system error code of an error, however it is wrapped. */
export function failureCode(error: unknown): string | undefined {
  return findFailure(error)?.code;
}

/** Whether the connection was lost or the server is not up yet, so that a retry makes sense. */
export function isConnectionLost(error: unknown): boolean {
  const code = failureCode(error);
  return code === undefined
    ? error instanceof Error &&
        /Connection terminated|server closed|Client has encountered a connection error|timeout/i.test(error.message)
    : /^(08|57P|53300|E[A-Z_]+$)/.test(code);
}

/**
 * Translates an error of the driver, the network or the server into one with a clear message and a hint. Other errors, and
 * those that are already translated, are returned unchanged.
 * @param where the database, without secrets
 * @see https://www.postgresql.org/docs/17/errcodes-appendix.html
 */
export function databaseFailure(error: unknown, where: string): unknown {
  if (error instanceof WebmacsError) {
    return error;
  }
  const failure = findFailure(error);
  if (!failure) {
    return connectFailure(error, where);
  }
  const sentence = SENTENCES[failure.code] ?? SENTENCES[failure.code.slice(0, 2)];
  if (sentence) {
    return sentence(failure, where, error);
  }
  // System error codes such as EPERM also have five characters, but no digit.
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(failure.code)
    ? new DatabaseError(`${where} reported: ${failure.message} (SQLSTATE ${failure.code}).`, { cause: error })
    : connectFailure(error, where);
}

type Sentence = (failure: PostgresFailure, where: string, cause: unknown) => WebmacsError;

const unreachable =
  (why: string, hint: string): Sentence =>
  (_failure, where, cause) =>
    new DatabaseError(`Cannot reach ${where}: ${why}.`, { hint, cause });

const CHECK_SETTINGS = 'Check host and port; "webmacs config show --origin" shows where the settings come from.';

const SENTENCES: Record<string, Sentence> = {
  ECONNREFUSED: unreachable('connection refused', `Is the server running? ${CHECK_SETTINGS}`),
  ENOENT: unreachable('the socket does not exist', `Is the server running? ${CHECK_SETTINGS}`),
  ENOTFOUND: unreachable('the host name is unknown', CHECK_SETTINGS),
  EAI_AGAIN: unreachable('the host name could not be looked up', CHECK_SETTINGS),
  ETIMEDOUT: unreachable('the connection timed out', CHECK_SETTINGS),
  EHOSTUNREACH: unreachable('the host is unreachable', CHECK_SETTINGS),
  ENETUNREACH: unreachable('the network is unreachable', CHECK_SETTINGS),
  ECONNRESET: unreachable('the connection was reset', 'Try again; see the server log for the reason.'),
  EPIPE: unreachable('the connection was closed', 'Try again; see the server log for the reason.'),
  EACCES: unreachable('permission denied for the socket', CHECK_SETTINGS),
  '08': (failure, where, cause) => new DatabaseError(`Lost the connection to ${where}: ${failure.message}.`, { cause }),
  '28': (failure, where, cause) =>
    new DatabaseError(`${where} refused the login: ${failure.message}.`, {
      hint: 'Check user and password (DATABASE_URL, PGPASSWORD or ~/.pgpass).',
      cause,
    }),
  '3D000': (failure, where, cause) =>
    new DatabaseError(`${where}: ${failure.message}.`, {
      hint: 'Create it with createdb, or choose another one.',
      cause,
    }),
  '42P01': (failure, where, cause) =>
    new DatabaseError(`${where} is not migrated: ${failure.message}.`, { hint: 'Run "webmacs db migrate".', cause }),
  '42P07': (failure, where, cause) =>
    new ConflictError(`${where}: ${failure.message}.`, {
      hint: 'Nothing was changed. If all tables already exist, record the migration: webmacs db stamp NAME',
      cause,
    }),
  '42703': (failure, where, cause) =>
    new DatabaseError(`${where} does not have the expected layout: ${failure.message}.`, {
      hint: 'Run "webmacs db status" and "webmacs db check".',
      cause,
    }),
  '42501': (failure, where, cause) =>
    new DatabaseError(`Not permitted on ${where}: ${failure.message}.`, {
      hint: 'Connect as the owner of the tables, or have the privilege granted.',
      cause,
    }),
  '23505': uniqueViolation,
  '23503': (failure, _where, cause) =>
    new ConflictError(`A reference between rows prevents this: ${failure.detail ?? failure.message}`, { cause }),
  '22': invalidValue,
  '23': invalidValue,
  '55P03': (failure, where, cause) =>
    new LockTimeoutError(`Another session on ${where} holds a lock: ${failure.message}.`, {
      hint: 'Try again, or wait longer with --lock-timeout.',
      cause,
    }),
  '57014': (failure, where, cause) =>
    new DatabaseError(`${where} cancelled the statement: ${failure.message}.`, { cause }),
  '57': (failure, where, cause) =>
    new DatabaseError(`${where} is not available: ${failure.message}.`, { hint: 'Try again.', cause }),
  '53100': (_failure, where, cause) =>
    new DatabaseError(`The disk of ${where} is full.`, {
      hint: 'Free space there and try again; nothing was written.',
      cause,
    }),
  '53300': (failure, where, cause) =>
    new DatabaseError(`${where} has no connection left: ${failure.message}.`, {
      hint: 'Try again, or use fewer --jobs.',
      cause,
    }),
  '25006': (_failure, where, cause) =>
    new DatabaseError(`${where} is read-only.`, { hint: 'Is it a standby? Connect to the primary.', cause }),
};

function invalidValue(failure: PostgresFailure, _where: string, cause: unknown): WebmacsError {
  return new InvalidInputError(`The database rejected a value: ${failure.message}.`, { cause });
}

function uniqueViolation(failure: PostgresFailure, _where: string, cause: unknown): WebmacsError {
  const match = /^Key \("?(.+?)"?\)=\((.*)\) already exists/s.exec(failure.detail ?? '');
  if (!match) {
    return new ConflictError(`Such a row already exists (${failure.constraint}).`, { cause });
  }
  const [, column = '', value = ''] = match;
  const entity = failure.table ?? 'row';
  return new ConflictError(`${entity}: ${column} "${value}" is taken.`, { cause, conflict: { entity, column, value } });
}

function connectFailure(error: unknown, where: string): unknown {
  const message = error instanceof Error ? error.message : '';
  if (/timeout/i.test(message) && /connect/i.test(message)) {
    return new DatabaseError(`Cannot reach ${where}: the connection timed out.`, {
      hint: CHECK_SETTINGS,
      cause: error,
    });
  }
  if (/Connection terminated|server closed|Client has encountered a connection error/i.test(message)) {
    return new DatabaseError(`Lost the connection to ${where}.`, { hint: 'Try again.', cause: error });
  }
  if (/SSL|TLS|certificate|self[- ]signed/i.test(message)) {
    // After the semicolon, Node.js gives advice on its own options.
    return new DatabaseError(`Cannot reach ${where} securely: ${message.split(';')[0]}.`, {
      hint: 'Check sslmode and sslrootcert.',
      cause: error,
    });
  }
  if (/password must be a (non-empty )?string/i.test(message)) {
    return new DatabaseError(`${where} requires a password, but none is set.`, {
      hint: 'Set PGPASSWORD or DATABASE_URL, or add a line to ~/.pgpass.',
      cause: error,
    });
  }
  if (/SASL/.test(message)) {
    return new DatabaseError(`The login to ${where} failed: ${message}.`, { cause: error });
  }
  return error;
}

function findFailure(error: unknown): PostgresFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause ?? firstOf(at)) {
    if ('code' in at && typeof at.code === 'string' && !at.code.startsWith('ERR_')) {
      return at as Error & PostgresFailure;
    }
  }
  return undefined;
}

/** A host name with several addresses fails with one error for each. */
function firstOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : undefined;
}
