import { type Outcome, run } from './cli/run.ts';
import { processStreams } from './cli/streams.ts';
import { NOUNS } from './commands/index.ts';

/**
 * The program.
 * @param words what stands behind its name on the command line
 */
export async function main(words: string[], process: NodeJS.Process): Promise<Outcome> {
  return await run(words, NOUNS, processStreams(process), process);
}
