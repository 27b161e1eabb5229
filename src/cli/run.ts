import { basename, relative, sep } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { CommanderError } from 'commander';
import { databaseFailure } from '../database/failure.ts';
import { describeTarget } from '../database/target.ts';
import { InterruptedError, WebmacsError } from '../errors.ts';
import { failureOf } from './failure.ts';
import { createProgram, type Noun } from './program.ts';
import { Session } from './session.ts';
import { type HostProcess, INTERRUPTIONS, type Interruption, type Streams, write } from './streams.ts';
import { printable } from './text.ts';

/** How long a command may take to clean up after Ctrl-C. */
const GRACE_MILLISECONDS = 3000;

/** What came of a run. */
export interface Outcome {
  exitCode: number;
  /** The kind of command that was run, see `Session.command`; `undefined` where none was, as for `--help`, or not to its end. */
  command: string | undefined;
}

/**
 * Parses the command line, runs the command, and closes what it opened, whatever happened. Two are left behind: a command
 * that does not heed an interruption, and one that is interrupted twice.
 * @param now the clock
 */
export async function run(
  argv: string[],
  nouns: readonly Noun[],
  streams: Streams,
  process: HostProcess,
  now?: () => Date,
): Promise<Outcome> {
  const interruption = new AbortController();
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<Outcome>();
  let interrupts = 0;
  const interrupt = (signal: Interruption) => {
    interrupts += signal === 'SIGINT' ? 1 : 0;
    if (interrupts > 1) {
      // The second Ctrl-C of somebody who does not want to wait for the clean-up.
      giveUp({ exitCode: 130, command: undefined });
    }
    interruption.abort();
  };
  for (const signal of INTERRUPTIONS) {
    process.on(signal, interrupt);
  }
  // What cannot be printed any more ends the command, but not before it has cleaned up.
  streams.stdout.on('error', (error) => interruption.abort(unwritable(error, 'standard output')));
  streams.stderr.on('error', (error) => interruption.abort(unwritable(error, 'standard error')));
  const session = new Session(streams, process.env, interruption.signal, calledAs(process), now);
  try {
    return await Promise.race([runIn(session, argv, nouns), givenUp]);
  } finally {
    for (const signal of INTERRUPTIONS) {
      process.off(signal, interrupt);
    }
  }
}

async function runIn(session: Session, argv: string[], nouns: readonly Noun[]): Promise<Outcome> {
  const program = createProgram(session, nouns);
  const outcome = (exitCode: number): Outcome => ({ exitCode, command: session.command });
  try {
    try {
      await endingOnSignal(program.parseAsync(helpLast(argv), { from: 'user' }), session.signal);
      return outcome(0);
    } finally {
      await endingOnSignal(session[Symbol.asyncDispose](), session.signal);
    }
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      return outcome(0);
    }
    // A usage error comes before the options are handed on.
    session.configure(program.opts());
    const { aborted, reason } = session.signal;
    // A command that says itself what it leaves behind knows best.
    const cause = aborted && (readerHasLeft(reason) || !(error instanceof InterruptedError)) ? reason : error;
    const exitCode = readerHasLeft(cause) ? 0 : await report(cause, session, argv);
    return aborted ? { exitCode, command: undefined } : outcome(exitCode);
  }
}

/** `webmacs` where it is on the PATH, as an installed package is, else the way to it from here. */
function calledAs({ argv: [, script = ''], cwd }: HostProcess): string {
  if (basename(script) === 'webmacs' || script.split(sep).includes('node_modules')) {
    return 'webmacs';
  }
  const path = relative(cwd(), script);
  return path.startsWith('.') ? path : `./${path}`;
}

/** `help users create` as `users create --help`, for which the noun's commands are loaded. */
function helpLast(argv: string[]): string[] {
  const [first, ...rest] = argv;
  return first === 'help' && rest.length > 0 ? [...rest, '--help'] : argv;
}

/** A command that does not heed the signal is left behind after a while: nobody waits for a server that is silent. */
async function endingOnSignal(command: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const abandoned = new Promise<never>((_done, failed) => {
    const error = new InterruptedError('Interrupted, before the command had put back everything.');
    const leave = () => setTimeout(() => failed(error), GRACE_MILLISECONDS).unref();
    signal.aborted ? leave() : signal.addEventListener('abort', leave, { once: true });
  });
  await Promise.race([command, abandoned]);
}

/** A reader that has seen enough, such as `head`, is no failure. */
function readerHasLeft(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'EPIPE' &&
    'syscall' in error &&
    error.syscall === 'write'
  );
}

/** A disk that is full, or a device that fails; a reader that has left stays what it is. */
function unwritable(error: NodeJS.ErrnoException, stream: string): Error {
  return error.errno === undefined || readerHasLeft(error)
    ? error
    : new WebmacsError(`Cannot write to ${stream}: ${getSystemErrorMessage(error.errno)}.`, { cause: error });
}

async function report(error: unknown, session: Session, argv: string[]): Promise<number> {
  const failure = failureOf(databaseFailure(error, whereOf(session)));
  const { exitCode, kind, message, hint } = failure;
  if (!message) {
    return exitCode;
  }
  // After an option that is wrong itself, nothing more is read.
  const json = session.format === 'json' || session.format === 'ndjson' || argv.includes('--json');
  const style = session.messageStyle;
  await write(
    session.streams.stderr,
    json
      ? `${JSON.stringify({ error: { kind, message, ...(hint ? { hint } : {}), exit_code: exitCode } })}\n`
      : `${style.red('error:')} ${printableLines(message)}\n${hint ? `${style.dim(printableLines(hint))}\n` : ''}`,
  );
  if (exitCode === 1 && session.environment.WEBMACS_DEBUG && error instanceof Error) {
    await write(session.streams.stderr, `${error.stack}\n`);
  }
  return exitCode;
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function whereOf(session: Session): string {
  try {
    return describeTarget(session.configuration.database().target);
  } catch {
    return 'the database';
  }
}
