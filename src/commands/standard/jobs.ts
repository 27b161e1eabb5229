import type { Command } from '../../cli/command.ts';
import { wholeNumberBetween } from '../../cli/parse.ts';

const MAX_JOBS = 8;

/** Adds `--jobs`: how many connections read at the same time. */
export function jobsOption(command: Command): Command {
  return command.option(
    '--jobs <n>',
    `parallel connections, 1 to ${MAX_JOBS}; default: one per processor, at most 4`,
    wholeNumberBetween(1, MAX_JOBS),
  );
}
