import { ConflictError, DatabaseError, InvalidInputError, LockTimeoutError, WebmacsError } from '../errors.ts';
import { isFileError } from '../files/file-error.ts';

interface PostgresFailure {
  code: string;
  message: string;
  detail?: string;
  constraint?: string;
  table?: string;
  column?: string;
  /** The function of the server that reported it. */
  routine?: string;
}

/** Returns the SQLSTATE, or the code of a failed call on the connection, of an error, however it is wrapped. */
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

/** Returns a sentence about the database, with the reason that it gave. */
function states(what: (where: string, why: string) => string, hint?: string, Kind = DatabaseError): Sentence {
  return ({ message }, where, cause) => new Kind(what(where, message), { hint, cause });
}

const CHECK_SETTINGS = 'Check host and port; "webmacs config show --origin" shows where the settings come from.';

function unreachable(why: string, hint = CHECK_SETTINGS): Sentence {
  return states((where) => `Cannot reach ${where}: ${why}.`, hint);
}

const IS_IT_RUNNING = `Is the server running? ${CHECK_SETTINGS}`;
const SEE_LOG = 'See the server log for the reason, such as a full disk, before you try again.';

const noIdLeft = states(
  (where, why) => `${where} has no id left for a new row: ${why}.`,
  'The input is not the cause. For datapoints, run "webmacs db storage widen"; for others, "webmacs db check" prints what to do.',
);

const invalidValue = states((_where, why) => `The database rejected a value: ${why}.`, undefined, InvalidInputError);

const SENTENCES: Record<string, Sentence> = {
  ECONNREFUSED: unreachable('connection refused', IS_IT_RUNNING),
  ENOENT: unreachable('the socket does not exist', IS_IT_RUNNING),
  ENOTFOUND: unreachable('the host name is unknown'),
  EAI_AGAIN: unreachable('the host name could not be looked up'),
  ETIMEDOUT: unreachable('the connection timed out'),
  EHOSTUNREACH: unreachable('the host is unreachable'),
  ENETUNREACH: unreachable('the network is unreachable'),
  ECONNRESET: unreachable('the connection was reset', SEE_LOG),
  EPIPE: unreachable('the connection was closed', SEE_LOG),
  EACCES: unreachable('permission denied for the socket'),
  '08P01': states(
    (where, why) => `${where} refused: ${why}.`,
    'A pooler takes few session settings (leave out PGOPTIONS, "options" and PGGEQO, or use ALTER ROLE … SET), and needs at least two connections per command.',
  ),
  '08': states((where, why) => `Lost the connection to ${where}: ${why}.`),
  '28': states(
    (where, why) => `${where} refused the login: ${why}.`,
    'Check user and password (DATABASE_URL, PGPASSWORD or ~/.pgpass).',
  ),
  '3D000': states((where, why) => `${where}: ${why}.`, 'Create it with createdb, or choose another one.'),
  '42P01': states((where, why) => `${where} is not migrated: ${why}.`, 'Run "webmacs db migrate".'),
  '42P07': states(
    (where, why) => `${where}: ${why}.`,
    'Rename it, or drop it if it is not needed, and run the command again.',
    ConflictError,
  ),
  '42703': states(
    (where, why) => `${where} does not have the expected layout: ${why}.`,
    'Run "webmacs db status" and "webmacs db check".',
  ),
  '42501': states(
    (where, why) => `Not permitted on ${where}: ${why}.`,
    'Connect as the owner of the tables, or have the privilege granted.',
  ),
  '23505': uniqueViolation,
  '23503': (failure, _where, cause) =>
    new ConflictError(`A reference between rows prevents this: ${failure.detail ?? failure.message}`, { cause }),
  '23514': ({ message, detail = '' }, where, cause) =>
    /^no partition of relation/.test(message)
      ? new DatabaseError(
          `${where} has no partition for this time: ${detail.replace(/^Partition key of the failing row contains /, '')}`,
          {
            hint: 'For times to come, run "webmacs db storage extend", which keeps three partitions ahead unless told otherwise; "webmacs db storage status" shows them.',
            cause,
          },
        )
      : new InvalidInputError(`The database rejected a value: ${message}.`, { cause }),
  '2200H': noIdLeft,
  // A sequence of bigints has passed the end of its integer column: int84 is the cast of its default.
  '22003': (failure, where, cause) => (failure.routine === 'int84' ? noIdLeft : invalidValue)(failure, where, cause),
  '22': invalidValue,
  '23': invalidValue,
  '55P03': states(
    (where, why) => `Another session on ${where} holds a lock: ${why}.`,
    'Try again, or wait longer with --lock-timeout.',
    LockTimeoutError,
  ),
  '57014': states((where, why) => `${where} cancelled the statement: ${why}.`),
  '57': states((where, why) => `${where} is not available: ${why}.`, SEE_LOG),
  '53100': states((where) => `The disk of ${where} is full.`, 'Free space there and try again; nothing was written.'),
  '53300': states((where, why) => `${where} has no connection left: ${why}.`, 'Try again, or use fewer --jobs.'),
  '25006': states(
    (where) => `${where} is read-only.`,
    'Connect to the primary, if it is a standby; otherwise default_transaction_read_only is on there.',
  ),
};

function uniqueViolation(failure: PostgresFailure, _where: string, cause: unknown): WebmacsError {
  const match = /^Key \("?(.+?)"?\)=\((.*)\) already exists/s.exec(failure.detail ?? '');
  if (!match) {
    return new ConflictError(`Such a row already exists (${failure.constraint}).`, { cause });
  }
  const [, column = '', value = ''] = match;
  const entity = failure.table ?? 'row';
  return new ConflictError(`${entity}: ${column} "${value}" is taken.`, { cause, conflict: { entity, column, value } });
}

/** The errors of the driver, which have no code, by their message. */
const CONNECT_FAILURES: [pattern: RegExp, what: (where: string, why: string) => string, hint?: string][] = [
  [
    /timeout(?=.*connect)|connect(?=.*timeout)/is,
    (where) => `Cannot reach ${where}: the connection timed out.`,
    CHECK_SETTINGS,
  ],
  [
    /Connection terminated|server closed|Client has encountered a connection error/i,
    (where) => `Lost the connection to ${where}.`,
    SEE_LOG,
  ],
  [
    /SSL|TLS|certificate|self[- ]signed/i,
    // After the semicolon, Node.js gives advice on its own options.
    (where, why) => `Cannot reach ${where} securely: ${why.split(';')[0]}.`,
    'Check sslmode and sslrootcert.',
  ],
  [
    /password must be a (non-empty )?string/i,
    (where) => `${where} requires a password, but none is set.`,
    'Set PGPASSWORD or DATABASE_URL, or add a line to ~/.pgpass.',
  ],
  [/SASL/, (where, why) => `The login to ${where} failed: ${why}.`],
];

function connectFailure(error: unknown, where: string): unknown {
  const message = error instanceof Error ? error.message : '';
  const [, what, hint] = CONNECT_FAILURES.find(([pattern]) => pattern.test(message)) ?? [];
  return what ? new DatabaseError(what(where, message), { hint, cause: error }) : error;
}

function findFailure(error: unknown): PostgresFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause ?? firstOf(at)) {
    if ('code' in at && typeof at.code === 'string' && !at.code.startsWith('ERR_') && !isFileError(at)) {
      const failure = at as Error & PostgresFailure;
      return failure.routine === 'ReportCopyError' ? ofOtherServer(failure) : failure;
    }
  }
  return undefined;
}

/** The COPY of Citus passes on the errors of other servers, but for their codes. */
function ofOtherServer(failure: Error & PostgresFailure): PostgresFailure {
  const [, code = failure.code] = COPY_ERRORS.find(([pattern]) => pattern.test(failure.message)) ?? [];
  return { ...failure, message: failure.message, code };
}

const COPY_ERRORS: [pattern: RegExp, code: string][] = [
  [/^duplicate key value violates unique constraint/, '23505'],
  [/violates foreign key constraint/, '23503'],
  [/violates check constraint/, '23514'],
  [/violates not-null constraint/, '23502'],
  [/due to lock timeout/, '55P03'],
];

/** A host name with several addresses fails with one error for each. */
function firstOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : undefined;
}
