import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { main } from '../../src/main.ts';
import { Kept, NO_SETTINGS, TestHost } from './host.ts';
import { PROGRAM } from './paths.ts';

/** util-linux gives the started program a terminal; tests that need one of the system are skipped without it. */
export const hasTerminal = existsSync('/usr/bin/script');

/** A prompt listens when it has been drawn: so long without output, and it is. */
const QUIET_MILLISECONDS = 300;

/** The same for a program that draws in the test's own process, which does nothing else meanwhile. */
const QUIET_HERE_MILLISECONDS = 20;

const COLUMNS = 100;

type Answers = [prompt: string, keys: string][];

/** What a terminal showed, and how the program ended. */
interface Shown {
  code: number;
  output: string;
}

/** A terminal within the test's process: it shows what is written, and gives what is typed. */
export class TestTerminal extends TestHost {
  override readonly stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  override readonly stdout = Object.assign(new Kept(), { isTTY: true, columns: COLUMNS });
  override readonly stderr = this.stdout;
}

/**
 * Runs a command line, which is split at blanks, on a terminal of 100 columns, in the test's process: waits for each text
 * to appear, then types what belongs to it.
 */
export async function onTerminal(line: string, env: Record<string, string>, answers: Answers = []): Promise<Shown> {
  const terminal = new TestTerminal({ env: { TERM: 'xterm', ...env } });
  const { stdin, stdout } = terminal;
  const typist = new Typist(answers, QUIET_HERE_MILLISECONDS, (keys) => stdin.write(keys));
  stdout.onText = () => typist.see(stdout.text);
  const { exitCode } = await main(line.split(' '), terminal);
  return { code: exitCode, output: stdout.text };
}

/** Types an answer when its prompt has appeared behind the one before, and nothing more is drawn. */
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

/** The same with the started program on a terminal of the system. */
export async function onRealTerminal(line: string, env: Record<string, string>, answers: Answers = []): Promise<Shown> {
  const command = `stty cols ${COLUMNS}; '${process.execPath}' '${PROGRAM}' ${line}`;
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
  return { code, output: output.replaceAll('\r\n', '\n') };
}
