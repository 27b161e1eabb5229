import { InvalidInputError } from '../errors.ts';
import { ISO_8601, offsetMinutes, offsetText } from '../text/iso-8601.ts';
import { inZone, isInRange, withOffset } from '../text/local-time.ts';
import { offsetAtStart, offsetsOfLocal, type TimeZone } from '../text/time-zone.ts';
import type { Context } from './context.ts';
import { SECONDS } from './duration.ts';
import { timezoneOf } from './timezone.ts';

/**
 * Parses a time: ISO 8601, `now`, `today` or `yesterday` (the start of the day), or a time ago such as `-2h` (s, m, h, d, w).
 * A date is the start of that day. Without an offset it is in the time zone of {@link timezoneOf}.
 * @returns ISO 8601 with offset, which is `Z` for times relative to now
 * @throws InvalidInputError, also for a local time that the clocks skip or repeat
 */
export async function parseTime(ctx: Context, text: string, option: string): Promise<string> {
  const now = ctx.now();
  const ago = /^-(\d{1,9})(min|[smhdw])$/.exec(text);
  if (ago) {
    return timeFromNow(ctx, -Number(ago[1]) * (SECONDS[ago[2] ?? ''] ?? 0), text, option);
  }
  switch (text.toLowerCase()) {
    case 'now':
      return now.toISOString();
    case 'today':
      return startOfDay(await timezoneOf(ctx), now, 0);
    case 'yesterday':
      return startOfDay(await timezoneOf(ctx), now, -1);
  }
  // As times are shown: with a blank before the offset, or UTC.
  const iso = text
    .toUpperCase()
    .replace(/ ?UTC$/, 'Z')
    .replace(/ (?=[+-])/, '');
  const [, date, hour, minute = '00', second = '00', fraction = '', offset] = ISO_8601.exec(iso) ?? [];
  const local = Date.parse(`${date}T${hour ?? '00'}:${minute}:${second}Z`);
  // Date reads 30 February as 2 March.
  const exists = date !== undefined && new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date);
  const minutes = offset === undefined ? 0 : offsetMinutes(offset);
  if (!exists || Number.isNaN(local) || Number.isNaN(minutes) || fraction.length > 6) {
    throw new InvalidInputError(`${option}: "${text}" is not a valid time.`, {
      hint: 'Use 2026-01-31, 2026-01-31T13:45:00+01:00, now, today, yesterday, or a time ago such as -2h or -90d.',
    });
  }
  const time = await inOffset();
  if (!isInRange(time)) {
    throw new InvalidInputError(`${option}: "${text}" is before the year 1.`, { hint: 'Use a later time.' });
  }
  return time;

  async function inOffset(): Promise<string> {
    if (offset !== undefined) {
      return withOffset(local, minutes * 60, fraction);
    }
    const zone = await timezoneOf(ctx);
    return hour === undefined
      ? startOf(zone, local)
      : withOffset(local, onlyOffset(zone, local, text, option), fraction);
  }
}

/**
 * Returns the time a number of seconds from now.
 * @throws InvalidInputError if that is outside the years 1 to 9999
 */
export function timeFromNow(ctx: Context, seconds: number, text: string, option: string): string {
  const moment = new Date(ctx.now().getTime() + seconds * 1000).toJSON();
  if (!moment || !isInRange(moment)) {
    throw new InvalidInputError(`${option}: "${text}" is too far from now.`, { hint: 'Use a shorter time.' });
  }
  return moment;
}

/** Formats a time of {@link parseTime} for people: `2026-11-25 16:00 +01:00`; a `Z` in the time zone of {@link timezoneOf}. */
export async function shownTime(ctx: Context, iso: string): Promise<string> {
  const moment = Date.parse(iso);
  const local = iso.endsWith('Z') ? inZone(await timezoneOf(ctx), moment - (moment % 1000)) : iso;
  return spaced(local);
}

/** `2026-11-25T16:00:00+01:00` as `2026-11-25 16:00 +01:00`. */
function spaced(iso: string): string {
  return iso.replace('T', ' ').replace(/(?::00)?(?:\.0+)?([+-]\d\d:\d\d)$/, ' $1');
}

/** @throws InvalidInputError with the offsets to choose from */
function onlyOffset(zone: TimeZone, local: number, text: string, option: string): number {
  const { possible, before, after } = offsetsOfLocal(zone, local);
  const [offset, another] = possible;
  if (offset !== undefined && another === undefined) {
    return offset;
  }
  const [first, second] = [before, after].map((each) => `${text.replace(' ', 'T')}${offsetText(each)}`);
  const [isFirst, isSecond] = [before, after].map((each) => spaced(inZone(zone, local - each * 1000)));
  const [what, hint] =
    offset === undefined
      ? ['is skipped', `Pass ${first}, which is ${isFirst}, or ${second}, which is ${isSecond}.`]
      : ['occurs twice', `Pass ${first} for the first time, or ${second} for the second.`];
  throw new InvalidInputError(`${option}: ${text} ${what} in ${zone.name}, where the clocks change.`, { hint });
}

function startOfDay(zone: TimeZone, now: Date, days: number): string {
  const today = inZone(zone, now.getTime()).slice(0, 10);
  return startOf(zone, Date.parse(`${today}T00:00:00Z`) + days * 86_400_000);
}

function startOf(zone: TimeZone, midnight: number): string {
  return inZone(zone, midnight - offsetAtStart(zone, midnight) * 1000);
}
