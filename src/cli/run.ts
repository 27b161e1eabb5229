import { basename, relative, sep } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { CommanderError } from 'commander';
import { databaseFailure } from '../database/failure.ts';
import { describeTarget } from '../database/target.ts';
import { InterruptedError, WebmacsError } from '../errors.ts';
import { anyFileError, systemCode, workingDirectoryError } from '../files/file-error.ts';
import { jsonText } from '../text/json.ts';
import { failureOf } from './failure.ts';
import { applicableHint } from './hint.ts';
import { withMeant } from './meant.ts';
import { createProgram, type Noun } from './program.ts';
import { Session } from './session.ts';
import { type HostProcess, INTERRUPTIONS, type Interruption, type Streams, writeMessage } from './streams.ts';
import { printableLines } from './text.ts';

/** The time that a command has to clean up after Ctrl-C. */
const GRACE_MILLISECONDS = 3000;

export interface Outcome {
  exitCode: number;
  /** The kind of command, see `Session.command`; `undefined` if none was run, as for `--help`, or it was interrupted. */
  command: string | undefined;
}

/**
 * Parses the command line, runs the command, and closes what it opened, whatever happens. Abandons a command that does not
 * react to an interruption, and one that is interrupted twice.
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
  const { promise: abandoned, resolve: abandon } = Promise.withResolvers<Outcome>();
  let interrupts = 0;
  const interrupt = (signal: Interruption) => {
    if (signal === 'SIGINT' && streams.isPaged) {
      return;
    }
    interrupts += signal === 'SIGINT' ? 1 : 0;
    if (interrupts > 1) {
      // After a second Ctrl-C the user does not want to wait for the cleanup.
      abandon({ exitCode: 130, command: undefined });
    }
    interruption.abort();
  };
  for (const signal of INTERRUPTIONS) {
    process.on(signal, interrupt);
  }
  const streamErrors = new Set<unknown>();
  // If nothing can be printed, the command is stopped, and cleans up.
  streams.stdout.on('error', (error) => {
    streamErrors.add(error);
    interruption.abort(writeError(error, streams.whole));
  });
  // Without messages, it continues, and its exit code tells.
  streams.stderr.on('error', (error) => streamErrors.add(error));
  const session = new Session(streams, process.env, interruption.signal, calledAs(process), now);
  // That the reader, such as `head`, has closed the pipe is no failure, unlike the same code of a connection.
  const isBrokenPipe = (error: unknown) => streamErrors.has(error) && systemCode(error) === 'EPIPE';
  try {
    return await Promise.race([runSession(session, argv, nouns, isBrokenPipe), abandoned]);
  } finally {
    for (const signal of INTERRUPTIONS) {
      process.off(signal, interrupt);
    }
  }
}

async function runSession(
  session: Session,
  argv: string[],
  nouns: readonly Noun[],
  isBrokenPipe: (error: unknown) => boolean,
): Promise<Outcome> {
  const program = createProgram(session, nouns);
  const outcome = (exitCode: number): Outcome => ({ exitCode, command: session.command });
  try {
    try {
      await untilAbandoned(program.parseAsync(moveHelpLast(argv, nouns), { from: 'user' }), session.signal);
      return outcome(0);
    } finally {
      await untilAbandoned(session[Symbol.asyncDispose](), session.signal);
    }
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) {
      return outcome(0);
    }
    // A usage error is thrown before the options are passed on.
    session.configure(program.opts());
    const { aborted, reason } = session.signal;
    // If a command reports itself what it leaves behind, that is more precise.
    const cause = aborted && (isBrokenPipe(reason) || !(error instanceof InterruptedError)) ? reason : error;
    const exitCode = isBrokenPipe(cause) ? 0 : await report(await withMeant(program, cause), session, argv);
    return aborted ? { exitCode, command: undefined } : outcome(exitCode);
  }
}

/** Returns `webmacs` if it is on the PATH, as an installed package is, else its relative path. */
function calledAs({ argv: [, script = ''], cwd }: HostProcess): string {
  if (basename(script) === 'webmacs' || script.split(sep).includes('node_modules')) {
    return 'webmacs';
  }
  const path = relative(workingDirectory(cwd), script);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Returns the root if the working directory was deleted. */
function workingDirectory(cwd: () => string): string {
  try {
    return cwd();
  } catch {
    return '/';
  }
}

/** Turns `help users create` into `users create --help`, for which the commands of the noun are loaded; not `help TOPIC`. */
function moveHelpLast(argv: string[], nouns: readonly Noun[]): string[] {
  const [first, ...rest] = argv;
  const isTopic = nouns.some(({ topics = {} }) => Object.hasOwn(topics, rest[0] ?? ''));
  return first === 'help' && !isTopic ? [...rest, '--help'] : argv;
}

/** Abandons a command that does not react to the signal in time, such as one that waits for an unresponsive server. */
async function untilAbandoned(command: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const timeout = new Promise<never>((_done, failed) => {
    const error = new InterruptedError('Interrupted before the command had finished cleaning up.');
    const start = () => setTimeout(() => failed(error), GRACE_MILLISECONDS).unref();
    signal.aborted ? start() : signal.addEventListener('abort', start, { once: true });
  });
  await Promise.race([command, timeout]);
}

/** Translates an error of standard output, such as a full disk; returns a broken pipe unchanged unless all has to be read. */
function writeError(error: NodeJS.ErrnoException, whole: string | undefined): Error {
  if (error.code === 'EPIPE' && whole !== undefined) {
    return new WebmacsError(`Standard output was closed before all of ${whole} was written.`, { cause: error });
  }
  return error.errno === undefined || error.code === 'EPIPE'
    ? error
    : new WebmacsError(`Cannot write to standard output: ${getSystemErrorMessage(error.errno)}.`, { cause: error });
}

async function report(error: unknown, session: Session, argv: string[]): Promise<number> {
  const failure = failureOf(databaseFailure(anyFileError(workingDirectoryError(error)), describeDatabase(session)));
  const { exitCode, kind, message } = failure;
  if (!message) {
    return exitCode;
  }
  const options = session.knownOptions;
  const hint = failure.hint && options ? applicableHint(failure.hint, options) : failure.hint;
  // Options after an invalid one are not parsed.
  const json = session.format === 'json' || session.format === 'ndjson' || argv.includes('--json');
  const style = session.messageStyle;
  await writeMessage(
    session.streams,
    json
      ? `${jsonText({ error: { kind, message, hint: hint || undefined, exit_code: exitCode } })}\n`
      : `${style.red('error:')} ${printableLines(message)}\n${hint ? `${style.dim(printableLines(hint))}\n` : ''}`,
  );
  if (exitCode === 1 && session.environment.WEBMACS_DEBUG && error instanceof Error) {
    await writeMessage(session.streams, `${printableLines(error.stack ?? '')}\n`);
  }
  return exitCode;
}

function describeDatabase(session: Session): string {
  try {
    return describeTarget(session.configuration.database().target);
  } catch {
    return 'the database';
  }
}
