import { existsSync, realpathSync } from 'node:fs';
import { type TimeZone, timeZone } from '../text/time-zone.ts';
import type { Context } from './context.ts';

/**
 * Returns the time zone of times without an offset: the first that is set of `--timezone`, WEBMACS_TIMEZONE, the
 * configuration, TZ, and the time zone of the system.
 * @throws InvalidInputError naming the one that is unknown
 */
export async function timezoneOf(ctx: Context): Promise<TimeZone> {
  const given = await givenTimezone(ctx);
  if (given) {
    return given;
  }
  const { TZ } = ctx.environment;
  if (TZ !== undefined) {
    return timeZone(nameInTz(TZ.replace(/^:/, '')), 'TZ');
  }
  const system = Intl.DateTimeFormat().resolvedOptions().timeZone as string | undefined;
  return timeZone(system ?? 'unknown', 'The time zone of the system');
}

/** That of TZ or of the system, without its name. To load Intl, which knows the name, takes as long as to read a list. */
const OF_MACHINE: TimeZone = {
  name: 'local',
  offsetAt: (moment) => -new Date(moment).getTimezoneOffset() * 60,
};

/** Returns the time zone in which people see times, which is the same. */
export function shownTimezone({ configuration }: Pick<Context, 'configuration'>): TimeZone {
  const setting = configuration.get('timezone');
  return setting ? timeZone(setting.value, setting.origin) : OF_MACHINE;
}

/** Returns the time zone that is set for this program, as an import requires: by `--timezone`, WEBMACS_TIMEZONE or the configuration. */
export async function givenTimezone(ctx: Context): Promise<TimeZone | undefined> {
  const setting = ctx.configuration.get('timezone');
  return setting && (await noteTimezone(ctx, timeZone(setting.value, setting.origin)));
}

/** Prints what a reader of a time zone's name may get wrong, and returns the zone. */
export async function noteTimezone(ctx: Context, zone: TimeZone): Promise<TimeZone> {
  if (zone.note) {
    await ctx.output.say(zone.note);
  }
  return zone;
}

/** TZ may be empty for UTC, and the path of a file of the database of time zones, or of a link to one. */
function nameInTz(text: string): string {
  if (!text.startsWith('/')) {
    return text || 'UTC';
  }
  return (existsSync(text) ? realpathSync(text) : text).split('/zoneinfo/')[1] ?? text;
}
