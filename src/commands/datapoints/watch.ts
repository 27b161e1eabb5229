import type { Command } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { repeated } from '../../cli/parse.ts';
import { printable } from '../../cli/text.ts';
import { shownTimezone } from '../../cli/timezone.ts';
import { jsonNumber } from '../../domain/datapoints.ts';
import { InvalidInputError } from '../../errors.ts';
import { type LatestValue, latestOf } from '../../series/latest.ts';
import { localText } from '../../text/local-time.ts';
import { findEvents } from '../export/named-events.ts';
import { followQuery } from '../standard/follow.ts';
import { timezoneOption } from '../standard/time-range.ts';

const LINE = ['timestamp', 'event', 'value', 'unit', 'age_seconds', 'rules_met'];

interface WatchOptions {
  event?: string[];
  /** In seconds. */
  every: number;
}

export function declareWatch(parent: Command, ctx: Context): void {
  parent
    .command('watch')
    .description('show the last value of each event, and the rules that it meets, until Ctrl-C (exit code 130)')
    .option('--event <event>', 'only this event, or those of a pattern or @FILE; can be repeated', repeated)
    .duration('--every <duration>', 'time between two readings, at least 1s', '1s')
    .with((command) => timezoneOption(command, { times: 'the times on a terminal' }))
    .runs(ctx, watch)
    .note(WHAT_IS_SHOWN)
    .examples(
      ['webmacs datapoints watch --event "Zone *"'],
      ['webmacs datapoints watch --every 10s --json', 'a JSON object per line for each new last value'],
    );
}

const WHAT_IS_SHOWN = `
On a terminal the values are replaced where they are, with the time since they were measured, the enabled rules whose condition they
meet (whatever the cooldown), and the last values as a line from the least to the greatest. Elsewhere a line is printed for each event
whose last value, or the rules that it meets, have changed; values between two readings are not printed.
`;

async function watch(ctx: Context, { event, every }: WatchOptions): Promise<void> {
  if (every < 1) {
    throw new InvalidInputError('--every must be at least 1s.', { hint: 'Leave it out to read every second.' });
  }
  const events = event && (await findEvents(ctx, event)).map(({ publicId }) => publicId);
  const em = await ctx.em();
  const read = async (count: number) => await latestOf(em, { eventPublicIds: events, count });
  if (!ctx.output.forPeople || ctx.environment.TERM === 'dumb') {
    return await printChanges(ctx, async () => await read(1), every);
  }
  const { drawInPlace } = await import('./watch-in-place.ts');
  await drawInPlace(ctx, read, every);
}

async function printChanges(ctx: Context, read: () => Promise<LatestValue[]>, everySeconds: number): Promise<void> {
  const { output } = ctx;
  const printed = new Map<string, string>();
  const print = async (values: LatestValue[]) => {
    for (const latest of values) {
      const { timestamp, value, rules_met } = lineOf(latest);
      const state = JSON.stringify([timestamp, value, rules_met]);
      if (timestamp === null || printed.get(latest.event.publicId) === state) {
        continue;
      }
      const columns = output.structured ? [...LINE, 'event_public_id'] : LINE;
      await (output.forPeople
        ? output.text(textOf(ctx, latest))
        : output.next(lineOf(latest), columns, printed.size === 0));
      printed.set(latest.event.publicId, state);
    }
  };
  await print(await read());
  await followQuery(ctx, { read, print, everySeconds });
}

function lineOf({ event, timestamp, value, ageSeconds, rules }: LatestValue) {
  return {
    timestamp,
    event: event.name,
    value: jsonNumber(value ?? Number.NaN),
    unit: event.unit,
    age_seconds: jsonNumber(ageSeconds ?? Number.NaN),
    rules_met: rules.filter(({ met }) => met).map(({ name }) => name),
    event_public_id: event.publicId,
  };
}

function textOf(ctx: Context, latest: LatestValue): string {
  const { timestamp, event, value, unit, rules_met } = lineOf(latest);
  const time = localText(shownTimezone(ctx), timestamp ?? '');
  return `${[time, printable(event), `${value} ${printable(unit)}`, ...rules_met.map(printable)].join('  ')}\n`;
}
