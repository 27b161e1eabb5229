import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { InterruptedError, NotFoundError, WebmacsError } from '../errors.ts';

/** What of a child's output is kept, from its end. */
const MAX_OUTPUT_CHARACTERS = 64 * 1024;
/** How long a child that was asked to end may take. */
const GRACE_MILLISECONDS = 1000;

/** Settings of ours that may hold a password; what installs a package has no use for them. */
const SECRETS = ['DATABASE_URL', 'WEBMACS_SOURCE_URL', 'WEBMACS_PASSWORD', 'PGPASSWORD'];

export interface ChildOptions {
  /** That of the program; secrets in it are not handed on. */
  environment: Record<string, string | undefined>;
  signal?: AbortSignal | undefined;
  timeoutSeconds: number;
}

/** What a child printed, on stdout and on both; the end of it, where it is much. */
export interface ChildOutput {
  stdout: string;
  all: string;
}

/** A child process that ended with another exit code than 0. */
export class ChildFailure extends WebmacsError {
  readonly output: string;

  constructor(command: string, how: string, output: string) {
    const text = output.trim();
    super(`${command} ${how}${text === '' ? '' : `:\n${text}`}`);
    this.output = text;
  }
}

/**
 * Runs a program to its end, without a shell.
 * @throws ChildFailure with what it printed; NotFoundError where there is no such program; InterruptedError
 */
export async function runChild(command: string, args: string[], options: ChildOptions): Promise<ChildOutput> {
  const { environment, signal, timeoutSeconds } = options;
  if (signal?.aborted) {
    throw new InterruptedError();
  }
  // Not in the current directory, whose modules Python would prefer to its own.
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRETS.includes(name)));
  const child = spawn(command, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const output: ChildOutput = { stdout: '', all: '' };
  const keep = (into: (keyof ChildOutput)[]) => (text: string) => {
    for (const key of into) {
      output[key] = `${output[key]}${text}`.slice(-MAX_OUTPUT_CHARACTERS);
    }
  };
  child.stdout.setEncoding('utf8').on('data', keep(['stdout', 'all']));
  child.stderr.setEncoding('utf8').on('data', keep(['all']));
  const ended = new Promise<{ code: number | null; by: NodeJS.Signals | null }>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code, by) => done({ code, by }));
  });
  const deadline = new AbortController();
  const end = async () => {
    child.kill('SIGTERM');
    await sleep(GRACE_MILLISECONDS, undefined, { ref: false });
    child.kill('SIGKILL');
    // What it has started itself may go on holding them.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  let late = false;
  const watch = sleep(timeoutSeconds * 1000, undefined, { signal: deadline.signal }).then(() => {
    late = true;
    return end();
  });
  watch.catch(() => {});
  signal?.addEventListener('abort', end, { once: true });
  try {
    const { code, by } = await ended;
    if (signal?.aborted) {
      throw new InterruptedError();
    }
    if (late) {
      throw new ChildFailure(command, `did not end within ${timeoutSeconds} s`, output.all);
    }
    if (code !== 0) {
      throw new ChildFailure(
        command,
        code === null ? `was ended by ${by}` : `failed with exit code ${code}`,
        output.all,
      );
    }
    return output;
  } catch (error) {
    throw notFound(error, command) ?? error;
  } finally {
    deadline.abort();
    signal?.removeEventListener('abort', end);
  }
}

function notFound(error: unknown, command: string): NotFoundError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR'
    ? new NotFoundError(`${command} cannot be started.`, {
        hint: 'Name the Python of the controller with --python PATH, or pass --no-pip.',
        cause: error,
      })
    : undefined;
}
