import { Writable } from 'node:stream';
import { type Outcome, run } from './cli/run.ts';
import { type HostProcess, processStreams } from './cli/streams.ts';
import { NOUNS } from './commands/index.ts';

// For the cache of compiled code, which is written by the file that loads this one.
export { makeOwnFolder } from './files/make-folder.ts';
export { partPath, removeAbandoned } from './files/part-name.ts';

/**
 * Runs the program.
 * @param words the arguments of the command line
 * @param process provides environment, streams and signals
 * @param now the clock
 * @returns the result, with which the process must exit, even if an interrupted command still hangs
 */
export async function main(words: string[], process: HostProcess, now?: () => Date): Promise<Outcome> {
  const [first, ...rest] = words;
  return first === '__complete'
    ? await runCompletion(rest, process)
    : await run(words, NOUNS, processStreams(process), process, now);
}

/** Answers a shell that completes a command line. */
async function runCompletion(words: string[], process: HostProcess): Promise<Outcome> {
  const { complete } = await import('./commands/completion/complete.ts');
  // A message would be in the middle of what the user types.
  const streams = { ...processStreams(process), stderr: new Writable({ write: (_text, _encoding, done) => done() }) };
  streams.stdout.on('error', () => {});
  return { exitCode: 0, command: await complete(words, streams, process.env) };
}
