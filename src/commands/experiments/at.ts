import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseTime } from '../../cli/time.ts';
import { InvalidInputError } from '../../errors.ts';
import { timezoneOption } from '../standard/time-range.ts';

export interface AtOption {
  at?: string;
}

export function atOption(command: Command): Command {
  return command
    .option('--at <time>', 'when it happened: ISO 8601, now, today, yesterday, -10m; default: now')
    .with(timezoneOption);
}

/**
 * Returns the time of `--at`.
 * @throws InvalidInputError, also for a time in the future
 */
export async function atOf(ctx: Context, { at }: AtOption): Promise<string | undefined> {
  const time = at === undefined ? undefined : await parseTime(ctx, at, '--at');
  if (time !== undefined && Date.parse(time) > ctx.now().getTime()) {
    throw new InvalidInputError(`--at: "${at}" is in the future.`, { hint: 'Pass a time in the past.' });
  }
  return time;
}
