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
import { capitalised } from './text.ts';

/** A failure as the user sees it. */
export interface Failure {
  exitCode: number;
  /** Machine-readable, such as `not_found`. */
  kind: string;
  message: string;
  hint: string | undefined;
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

/** Determines the message, the kind and the exit code of every error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    return usageFailure(error);
  }
  if (isInterruption(error)) {
    return {
      exitCode: 130,
      kind: 'interrupted',
      message: 'Interrupted; no partial changes were left behind.',
      hint: undefined,
    };
  }
  if (error instanceof WebmacsError) {
    const [, exitCode, kind] = KINDS.find(([Kind]) => error instanceof Kind) ?? [null, 1, 'failure'];
    return { exitCode, kind, message: capitalizeThe(error.message), hint: error.hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: 1, kind: 'unexpected', message: `Unexpected failure: ${message}`, hint: undefined };
}

/** Some messages start with a phrase that is usually in the middle, such as "the embedded server in /srv". */
function capitalizeThe(message: string): string {
  return message.replace(/^the /, 'The ');
}

/** Whether the error comes from Ctrl-C, in a command or at a prompt. */
function isInterruption(error: unknown): boolean {
  return error instanceof Error && ['AbortError', 'ExitPromptError', 'AbortPromptError'].includes(error.name);
}

function usageFailure(error: CommanderError): Failure {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const message = capitalised(first);
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  const hint = suggestion || 'Add --help to see the usage of the command.';
  return { exitCode: 2, kind: 'usage', message: /[.?!]$/.test(message) ? message : `${message}.`, hint };
}
