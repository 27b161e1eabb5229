import { CommanderError } from 'commander';
import {
  CheckFailedError,
  ConflictError,
  DatabaseError,
  InterruptedError,
  InvalidInputError,
  LockTimeoutError,
  NotFoundError,
  WebmacsError,
} from '../errors.ts';

/** What a failure means to the one who started the program. */
export interface Failure {
  exitCode: number;
  /** A word for programs, such as `not_found`. */
  kind: string;
  message: string;
  hint?: string;
}

const KINDS: [new (...parameters: never[]) => WebmacsError, number, string][] = [
  [InvalidInputError, 2, 'invalid_input'],
  [NotFoundError, 3, 'not_found'],
  [ConflictError, 4, 'conflict'],
  [DatabaseError, 5, 'database'],
  [CheckFailedError, 6, 'check_failed'],
  [LockTimeoutError, 7, 'lock_timeout'],
  [InterruptedError, 130, 'interrupted'],
];

/** The one place that gives every error its message, its kind and its exit code. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    return usageFailure(error);
  }
  if (isInterruption(error)) {
    return { exitCode: 130, kind: 'interrupted', message: 'Interrupted; nothing was left half done.' };
  }
  if (error instanceof WebmacsError) {
    const [, exitCode, kind] = KINDS.find(([Kind]) => error instanceof Kind) ?? [null, 1, 'failure'];
    return { exitCode, kind, message: sentence(error.message), ...(error.hint ? { hint: error.hint } : {}) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: 1, kind: 'unexpected', message: `Unexpected failure: ${message}` };
}

/** A message may begin with what stands in the middle of others, such as "the embedded server in /srv". */
function sentence(message: string): string {
  return message.replace(/^the /, 'The ');
}

/** Ctrl-C: our own signal, or a prompt's. */
function isInterruption(error: unknown): boolean {
  return error instanceof Error && ['AbortError', 'ExitPromptError', 'AbortPromptError'].includes(error.name);
}

function usageFailure(error: CommanderError): Failure {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const message = first.charAt(0).toUpperCase() + first.slice(1);
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  const hint = suggestion || 'Add --help to see what the command takes.';
  return { exitCode: 2, kind: 'usage', message: /[.?!]$/.test(message) ? message : `${message}.`, hint };
}
