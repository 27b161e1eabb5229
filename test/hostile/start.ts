import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { type Run, startWebmacs } from '../support/program.ts';
import { assertNoSecretIn } from './secret.ts';

/** A started program. */
export interface Running {
  child: ChildProcess;
  /** Its end; rejects if it has printed the password. */
  outcome: Promise<Run>;
}

/** Starts the built program with an empty standard input. */
export function startProgram(words: string[], env: Record<string, string>): Running {
  const child = startWebmacs(words, { env });
  child.stdin?.on('error', () => {});
  child.stdin?.end();
  const code = new Promise<number | null>((done) => child.once('close', done));
  const output = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  return { child, outcome: outcomeOf(code, output) };
}

async function outcomeOf(code: Promise<number | null>, output: Promise<string[]>): Promise<Run> {
  const [stdout = '', stderr = ''] = await output;
  assertNoSecretIn(`${stdout}${stderr}`, 'the output');
  return { code: await code, stdout, stderr };
}
