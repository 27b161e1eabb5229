import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { main } from '../../src/main.ts';
import { Captured, NO_SETTINGS, TestHost } from './host.ts';
import { PROGRAM } from './paths.ts';

/** `script` of util-linux runs a program on a terminal; tests that need a real one are skipped without it. */
export const hasTerminal = existsSync('/usr/bin/script');

/** A prompt accepts input once it is drawn, which is assumed after this time without output. */
const QUIET_MILLISECONDS = 300;

/** The same for a program in the test's own process. */
const QUIET_HERE_MILLISECONDS = 20;

const COLUMNS = 100;

type Answers = [prompt: string, keys: string][];

/** A line of progress, and what removes it: drawn only if a command takes more than a second. */
const PROGRESS = /[^\r\n]*\r(?:\u001b\[\d+A)?\u001b\[J/g;

/** The output of the terminal, without progress, and the exit code of the program. */
interface Shown {
  code: number;
  output: string;
}

/** A terminal within the test's process. */
export class TestTerminal extends TestHost {
  override readonly stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  override readonly stdout = Object.assign(new Captured(), { isTTY: true, columns: COLUMNS });
  override readonly stderr = this.stdout;
}

/**
 * Runs a command line, split at blanks, on a terminal in the test's process: waits for each prompt, then types its answer.
 */
export async function onTerminal(
  line: string | string[],
  env: Record<string, string>,
  answers: Answers = [],
  columns = COLUMNS,
): Promise<Shown> {
  const terminal = new TestTerminal({ env: { TERM: 'xterm', ...env } });
  terminal.stdout.columns = columns;
  const { stdin, stdout } = terminal;
  const typist = new Typist(answers, QUIET_HERE_MILLISECONDS, (keys) => stdin.write(keys));
  stdout.onText = () => typist.see(stdout.text);
  const { exitCode } = await main(typeof line === 'string' ? line.split(' ') : line, terminal);
  return { code: exitCode, output: stdout.text.replace(PROGRESS, '') };
}

/** Types an answer when its prompt has appeared after the previous one and nothing more is drawn. */
class Typist {
  readonly #open: Answers;
  readonly #quietMs: number;
  readonly #type: (keys: string) => void;
  #seen = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(answers: Answers, quietMs: number, type: (keys: string) => void) {
    this.#open = [...answers];
    this.#quietMs = quietMs;
    this.#type = type;
  }

  see(output: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const [prompt, keys] = this.#open[0] ?? [];
      if (prompt !== undefined && output.includes(prompt, this.#seen)) {
        this.#seen = output.length;
        this.#open.shift();
        this.#type(keys ?? '');
      }
    }, this.#quietMs);
  }
}

/** Does the same with the started program on a real terminal. */
export async function onRealTerminal(
  line: string,
  env: Record<string, string>,
  answers: Answers = [],
  columns = COLUMNS,
): Promise<Shown> {
  const command = `stty cols ${columns}; '${process.execPath}' '${PROGRAM}' ${line}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...NO_SETTINGS, SHELL: '/bin/sh', TERM: 'xterm', ...env },
  });
  const typist = new Typist(answers, QUIET_MILLISECONDS, (keys) => child.stdin.write(keys));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    typist.see(output);
  });
  const code = await new Promise<number>((done) => child.once('close', (status) => done(status ?? -1)));
  return { code, output: output.replaceAll('\r\n', '\n').replace(PROGRESS, '') };
}
