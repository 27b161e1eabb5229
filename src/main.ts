import { type Outcome, run } from './cli/run.ts';
import { type HostProcess, processStreams } from './cli/streams.ts';
import { NOUNS } from './commands/index.ts';

/**
 * The program.
 * @param words what stands behind its name on the command line
 * @param process its own, or another that gives it environment, streams and signals
 * @param now the clock
 * @returns what came of it; the process is to end with it, also where a command that was interrupted still hangs
 */
export async function main(words: string[], process: HostProcess, now?: () => Date): Promise<Outcome> {
  return await run(words, NOUNS, processStreams(process), process, now);
}
