/**
 * The kinds of failure that a caller can act on. Each carries what happened (`message`) and, where there is one, what to
 * do next (`hint`). The program turns a kind into an exit code in one place; everything else is an unexpected failure.
 */
export class WebmacsError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** The request itself is wrong: an option, a value, a file's content. Nothing was written. */
export class InvalidInputError extends WebmacsError {}

/** The named row, file or setting does not exist. */
export class NotFoundError extends WebmacsError {}

/** A uniqueness rule would be broken, or the state does not allow the change. */
export class ConflictError extends WebmacsError {
  /** The entity, column and value that collide, where one column is to blame. */
  readonly conflict: { entity: string; column: string; value: string } | undefined;

  constructor(
    message: string,
    options: { hint?: string; cause?: unknown; conflict?: { entity: string; column: string; value: string } } = {},
  ) {
    super(message, options);
    this.conflict = options.conflict;
  }
}

/** The database is unreachable, refuses the connection, or is not migrated. */
export class DatabaseError extends WebmacsError {}

/** A check that was asked for came out negative: drift, pending migrations, differences. */
export class CheckFailedError extends WebmacsError {}

/** Somebody else holds a lock for longer than the caller was willing to wait. */
export class LockTimeoutError extends WebmacsError {}

/** The user or the system interrupted the command. Without a message, it was the way to end it, and nothing is said. */
export class InterruptedError extends WebmacsError {
  constructor(message = 'Interrupted') {
    super(message);
  }
}
