import { InvalidInputError } from '../errors.ts';
import { offsetMinutes } from './iso-8601.ts';
import { excerpt } from './printable.ts';

/** A time zone: a place, or a fixed offset from UTC. */
export interface TimeZone {
  /** As it was given, such as `Europe/Berlin` or `+01:00`. */
  name: string;
  /** What a reader of the name may get wrong. */
  note?: string;
  /** The offset from UTC in seconds, positive in the east, at a moment in milliseconds since 1970. */
  offsetAt(moment: number): number;
}

const UTC = /^(?:Z|UTC|Etc\/UTC)$/i;
const FIXED = /^[+-]\d\d(?::?\d\d)?$/;
/** Abbreviations such as IST have several meanings; these are in the database of time zones. */
const ABBREVIATION = /^(?!GMT|UCT|EST|MST|HST|CET|MET|EET|WET|PRC|ROC|ROK)[a-z]{3}$/i;
/** West of Greenwich where the sign is plus. */
const ETC = /^Etc\/GMT([+-])(\d{1,2})$/i;

const DAY = 86_400_000;
const WEEK = 7 * 86_400;

/**
 * Returns the time zone of a name: an IANA name in any case, or an offset such as `+01:00`. Only names of places need Intl,
 * which takes a while to load.
 * @param source what named it, for the message: an option, a variable or a file
 * @throws InvalidInputError if there is no such time zone
 */
export function timeZone(name: string, source: string): TimeZone {
  if (UTC.test(name)) {
    return { name, offsetAt: () => 0 };
  }
  const minutes = FIXED.test(name) ? offsetMinutes(name) : Number.NaN;
  if (!Number.isNaN(minutes)) {
    return { name, offsetAt: () => minutes * 60 };
  }
  try {
    if (/^[a-z]+[a-z0-9_+/-]*$/i.test(name) && !ABBREVIATION.test(name) && !name.startsWith('SystemV/')) {
      return { name, offsetAt: offsetsOf(name), ...noteOn(name) };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
  }
  throw new InvalidInputError(`${source}: unknown time zone ${excerpt(name)}.`, {
    hint: 'Use a name such as Europe/Berlin or UTC, or an offset such as +01:00.',
  });
}

/** @throws RangeError if there is no such time zone */
function offsetsOf(name: string): TimeZone['offsetAt'] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  return (moment) => {
    // The date, and "GMT", "GMT+01:00", or "GMT+00:53:28" before there were time zones. Splitting it into parts takes eight times as long.
    const text = format.format(moment);
    const [, sign, hours = 0, minutes = 0, seconds = 0] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
    return (sign === '-' ? -1 : 1) * ((+hours * 60 + +minutes) * 60 + +seconds);
  };
}

function noteOn(name: string): { note?: string } {
  const [, sign, hours = '0'] = ETC.exec(name) ?? [];
  const opposite = sign === '+' ? '-' : '+';
  return hours === '0'
    ? {}
    : { note: `${name} is UTC${opposite}${hours}. For UTC${sign}${hours}, use ${sign}${hours.padStart(2, '0')}:00.` };
}

/** The offsets, in seconds, that a local time can have: none if the clocks skip it, two if they repeat it. */
export interface LocalOffsets {
  possible: number[];
  /** The offsets before and after the change of the clocks. */
  before: number;
  after: number;
}

/** @param local the local time, as if it were in UTC, in milliseconds since 1970 */
export function offsetsOfLocal(zone: TimeZone, local: number): LocalOffsets {
  // Clocks change at most once in two days.
  const [before, after] = [zone.offsetAt(local - DAY), zone.offsetAt(local + DAY)];
  const possible = [...new Set([before, after])].filter((offset) => zone.offsetAt(local - offset * 1000) === offset);
  return { possible, before, after };
}

/** The offset of the first moment of a day, given its midnight; where the clocks skip that, the day starts at their change. */
export function offsetAtStart(zone: TimeZone, midnight: number): number {
  const { possible, before } = offsetsOfLocal(zone, midnight);
  return Math.max(...(possible.length > 0 ? possible : [before]));
}

/** A time in which the offset from UTC does not change, from a moment in seconds since 1970 on. */
export interface OffsetPeriod {
  from: number;
  offset: number;
}

/** Returns the periods of a time range in seconds since 1970; the first starts with it. */
export function offsetPeriods(zone: TimeZone, from: number, to: number): [OffsetPeriod, ...OffsetPeriod[]] {
  const offsetAt = (moment: number) => zone.offsetAt(moment * 1000);
  let last: OffsetPeriod = { from, offset: offsetAt(from) };
  const periods: [OffsetPeriod, ...OffsetPeriod[]] = [last];
  for (let at = from; at < to; ) {
    // Daylight saving time was never shorter.
    let next = Math.min(at + WEEK, to);
    if (offsetAt(next) !== last.offset) {
      for (let before = at; next - before > 1; ) {
        const middle = Math.floor((before + next) / 2);
        [before, next] = offsetAt(middle) === last.offset ? [middle, next] : [before, middle];
      }
      last = { from: next, offset: offsetAt(next) };
      periods.push(last);
    }
    at = next;
  }
  return periods;
}
