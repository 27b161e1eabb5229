import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { parseTime, shownTime } from '../../cli/time.ts';
import type { TimeRange } from '../../database/time-range.ts';
import { InvalidInputError } from '../../errors.ts';
import { defined } from '../../text/defined.ts';
import { timeZone } from '../../text/time-zone.ts';

/**
 * Adds `--timezone`, which every command that reads or prints a time of its own has.
 * @param times what it applies to
 * @param otherwise what applies if neither it nor WEBMACS_TIMEZONE nor the configuration names one
 */
export function timezoneOption(
  command: Command,
  { times = 'times without an offset', otherwise = "TZ, or the system's" } = {},
): Command {
  return command.option(
    '--timezone <zone>',
    `time zone of ${times}: Europe/Berlin, or +01:00; default: WEBMACS_TIMEZONE, "config timezone", ${otherwise}`,
    (name) => timeZone(name, '--timezone').name,
  );
}

/** Adds `--from`, `--to` and `--timezone`; `times` is what the latter applies to. */
export function timeRangeOptions(command: Command, times?: string): Command {
  return command
    .option('--from <time>', 'start of the time range, inclusive: ISO 8601, now, today, yesterday, -2h')
    .option('--to <time>', 'end of the time range, exclusive')
    .alsoNamed('--since', '--from')
    .alsoNamed('--until', '--to')
    .with((parent) => timezoneOption(parent, defined({ times })));
}

/**
 * Parses the options of a time range.
 * @throws InvalidInputError, also if it ends before it starts
 */
export async function timeRangeOf(ctx: Context, { from, to }: TimeRange, parse = parseTime): Promise<TimeRange> {
  const range = defined({
    from: from === undefined ? undefined : await parse(ctx, from, '--from'),
    to: to === undefined ? undefined : await parse(ctx, to, '--to'),
  });
  if (range.from !== undefined && range.to !== undefined && Date.parse(range.from) > Date.parse(range.to)) {
    throw new InvalidInputError(`--from ${from} is later than --to ${to}:${await shownRange(ctx, range)}.`, {
      hint: 'Pass the earlier time as --from.',
    });
  }
  return range;
}

/** Formats how a time range was understood: ` from 2026-11-25 16:00 +01:00 to 2026-11-25 17:00 +01:00`; empty without limits. */
export async function shownRange(ctx: Context, { from, to }: TimeRange): Promise<string> {
  const start = from === undefined ? '' : ` from ${await shownTime(ctx, from)}`;
  const end = to === undefined ? '' : `${from === undefined ? ' before' : ' to'} ${await shownTime(ctx, to)}`;
  return `${start}${end}`;
}
