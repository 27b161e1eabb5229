import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseTime } from '../../cli/time.ts';
import { isoTimestamp } from '../../entities/types.ts';
import { defined } from '../../text/defined.ts';
import { timezoneOption } from '../standard/time-range.ts';

export interface TimesOptions {
  startedOn?: string;
  stoppedOn?: string;
}

export function timesOptions(command: Command): Command {
  return command
    .option('--started-on <time>', 'when it started: ISO 8601, now, today, yesterday, -2h')
    .option('--stopped-on <time>', 'when it stopped')
    .with(timezoneOption);
}

/** Returns the times that the options set, as the database returns them. */
export async function timesOf(ctx: Context, { startedOn, stoppedOn }: TimesOptions): Promise<TimesOptions> {
  return defined({
    startedOn: startedOn === undefined ? undefined : isoTimestamp(await parseTime(ctx, startedOn, '--started-on')),
    stoppedOn: stoppedOn === undefined ? undefined : isoTimestamp(await parseTime(ctx, stoppedOn, '--stopped-on')),
  });
}
