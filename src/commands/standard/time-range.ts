import type { Command } from 'commander';
import type { Context } from '../../cli/context.ts';
import { parseTime } from '../../cli/time.ts';
import type { TimeRange } from '../../domain/time-range.ts';
import { defined } from '../../text/defined.ts';

/** Adds `--from` and `--to`. */
export function timeRangeOptions(command: Command): Command {
  return command
    .option('--from <time>', 'start of the time range, inclusive: ISO 8601, now, yesterday, -2h')
    .option('--to <time>', 'end of the time range, exclusive');
}

/**
 * Parses the options of a time range.
 * @throws InvalidInputError
 */
export function timeRangeOf(ctx: Context, { from, to }: TimeRange): TimeRange {
  return defined({
    from: from === undefined ? undefined : parseTime(from, ctx.now(), '--from'),
    to: to === undefined ? undefined : parseTime(to, ctx.now(), '--to'),
  });
}
