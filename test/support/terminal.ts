import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { NO_SETTINGS } from './host.ts';
import { PROGRAM } from './paths.ts';

/** util-linux gives the program a terminal; tests that need one are skipped without it. */
export const hasTerminal = existsSync('/usr/bin/script');

/** A prompt listens when it has been drawn: so long without output, and it is. */
const QUIET_MILLISECONDS = 300;

/** Runs a command line on a terminal of 100 columns: waits for each text to appear, then types what belongs to it. */
export async function onTerminal(
  line: string,
  env: Record<string, string>,
  answers: [prompt: string, keys: string][] = [],
): Promise<{ code: number; output: string }> {
  const command = `stty cols 100; '${process.execPath}' '${PROGRAM}' ${line}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...NO_SETTINGS, SHELL: '/bin/sh', TERM: 'xterm', ...env },
  });
  const open = [...answers];
  let output = '';
  let seen = 0;
  const type = () => {
    const [prompt, keys] = open[0] ?? [];
    if (prompt !== undefined && output.includes(prompt, seen)) {
      seen = output.length;
      open.shift();
      child.stdin.write(keys ?? '');
    }
  };
  let quiet: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    clearTimeout(quiet);
    quiet = setTimeout(type, QUIET_MILLISECONDS);
  });
  const code = await new Promise<number>((done) => child.once('close', (status) => done(status ?? -1)));
  return { code, output: output.replaceAll('\r\n', '\n') };
}
