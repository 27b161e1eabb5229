import type { Command } from '../../cli/command.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';

const MAX_JOBS = 8;

/**
 * Adds `--jobs`: how many connections read at the same time.
 * @param number how many by default
 */
export function jobsOption(number = 'one per processor'): (command: Command) => Command {
  return (command) =>
    command.option(
      '--jobs <n>',
      `parallel connections, 1 to ${MAX_JOBS}; default: ${number}, at most 4`,
      wholeNumberBetween(1, MAX_JOBS),
    );
}
