import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, withoutSecrets } from '../environment.ts';
import { InterruptedError, NotFoundError, WebmacsError } from '../errors.ts';
import { systemCode } from '../files/file-error.ts';

/** How much of a child's output is kept, counted from its end. */
const MAX_OUTPUT_CHARACTERS = 64 * 1024;
/** How long a child may take to stop after SIGTERM. */
const GRACE_MILLISECONDS = 1000;

/**
 * What Python, pip and uv need of the environment. Nothing else is passed on: an installed package can run code when Python
 * starts, and the rest may contain passwords, not only ours.
 */
const PASSED_ON =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|DYLD_\w+|VIRTUAL_ENV|CONDA_\w+|PYTHON\w*|PIP_\w+|UV_\w+|PYENV_\w+|ASDF_\w+|XDG_\w+|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|(?:LOCAL)?APPDATA|PROGRAM\w+|USERPROFILE)$/i;

export interface ChildOptions {
  /** The environment of the program, of which only what the child needs is passed on. */
  environment: Environment;
  signal?: AbortSignal | undefined;
  timeoutSeconds: number;
  /** The content of its standard input; empty by default. */
  input?: string;
}

/** The output of a child, on stdout and in total, truncated at the start. */
export interface ChildOutput {
  stdout: string;
  all: string;
}

/** A child process that failed, or was stopped. */
export class ChildFailure extends WebmacsError {
  readonly output: string;

  constructor(command: string, how: string, output: string) {
    const text = output.trim();
    super(`${command} ${how}${text === '' ? '' : `:\n${text}`}`);
    this.output = text;
  }
}

/**
 * Runs a program, without a shell, and waits for it to exit.
 * @throws ChildFailure with its output; NotFoundError if the program does not exist; InterruptedError
 */
export async function runChild(command: string, args: string[], options: ChildOptions): Promise<ChildOutput> {
  const { environment, signal, timeoutSeconds, input = '' } = options;
  if (signal?.aborted) {
    throw new InterruptedError();
  }
  // Not in the current directory: Python would prefer the modules there to its own.
  const child = spawn(command, args, {
    env: cleanEnvironment(environment),
    cwd: '/',
    stdio: 'pipe',
  });
  // A child that does not read its input is not a failure.
  child.stdin.on('error', () => {}).end(input);
  const output: ChildOutput = { stdout: '', all: '' };
  const keep = (into: (keyof ChildOutput)[]) => (text: string) => {
    for (const key of into) {
      output[key] = `${output[key]}${text}`.slice(-MAX_OUTPUT_CHARACTERS);
    }
  };
  child.stdout.setEncoding('utf8').on('data', keep(['stdout', 'all']));
  child.stderr.setEncoding('utf8').on('data', keep(['all']));
  const ended = once(child, 'close') as Promise<[code: number | null, by: NodeJS.Signals | null]>;
  const deadline = new AbortController();
  const stop = async () => {
    child.kill('SIGTERM');
    await sleep(GRACE_MILLISECONDS, undefined, { ref: false });
    child.kill('SIGKILL');
    // Its own children may keep them open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  let timedOut = false;
  const watch = sleep(timeoutSeconds * 1000, undefined, { signal: deadline.signal }).then(() => {
    timedOut = true;
    return stop();
  });
  watch.catch(() => {});
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const [code, by] = await ended;
    if (signal?.aborted) {
      throw new InterruptedError();
    }
    if (timedOut) {
      throw new ChildFailure(command, `did not finish within ${timeoutSeconds} s`, output.all);
    }
    if (code !== 0) {
      const how = code === null ? `was killed by ${by}` : `failed with exit code ${code}`;
      throw new ChildFailure(command, how, output.all);
    }
    return output;
  } catch (error) {
    throw notFound(error, command) ?? error;
  } finally {
    deadline.abort();
    signal?.removeEventListener('abort', stop);
  }
}

function cleanEnvironment(environment: Environment): Environment {
  // Secrets are settings of pip and uv for downloads, of which an install without dependencies makes none.
  return Object.fromEntries(Object.entries(withoutSecrets(environment)).filter(([name]) => PASSED_ON.test(name)));
}

function notFound(error: unknown, command: string): NotFoundError | undefined {
  return ['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemCode(error) ?? '')
    ? new NotFoundError(`${command} cannot be started.`, {
        hint: 'Pass the Python of the controller with --python PATH, or use --no-pip.',
        cause: error,
      })
    : undefined;
}
