interface ErrorOptions {
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * The base of all errors that a caller can act on. Each states what happened (`message`) and, if known, what to do next
 * (`hint`). The program maps the kinds to exit codes in one place; any other error is unexpected.
 */
export class WebmacsError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** The request itself is wrong: an option, a value, a file's content. Nothing was written. */
export class InvalidInputError extends WebmacsError {}

/** The named row, file or setting does not exist. */
export class NotFoundError extends WebmacsError {}

/** A uniqueness rule would be violated, or the state does not allow the change. */
export class ConflictError extends WebmacsError {
  /** The entity, column and value that collide, if a single column does. */
  readonly conflict: { entity: string; column: string; value: string } | undefined;

  constructor(
    message: string,
    options: ErrorOptions & { conflict?: { entity: string; column: string; value: string } } = {},
  ) {
    super(message, options);
    this.conflict = options.conflict;
  }
}

/** The database is unreachable, refuses the connection, or is not migrated. */
export class DatabaseError extends WebmacsError {}

/** A requested check failed: drift, pending migrations, differences. */
export class CheckFailedError extends WebmacsError {}

/** Another session held a lock for longer than the caller was willing to wait. */
export class LockTimeoutError extends WebmacsError {}

/** The user or the system interrupted the command. An empty message means the intended end: nothing is printed. */
export class InterruptedError extends WebmacsError {
  constructor(message = 'Interrupted') {
    super(message);
  }
}
