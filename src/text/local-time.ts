import { offsetText } from './iso-8601.ts';
import type { TimeZone } from './time-zone.ts';

/** A time in the time zone of its reader. */
export interface LocalTime {
  /** Such as `2026-11-25 16:00:00`. */
  second: string;
  /** Such as `.5`; empty if zero. */
  fraction: string;
  /** `UTC`, or such as `+01:00`. */
  offset: string;
}

const IN_UTC = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:(\.\d*?[1-9])0*|\.0*)?\+00:00$/;

/** Returns a time of a row, which is in UTC, in a time zone; undefined if the text is not such a time. */
export function localTime(zone: TimeZone, text: string): LocalTime | undefined {
  const [, whole, fraction = ''] = IN_UTC.exec(text) ?? [];
  if (whole === undefined) {
    return undefined;
  }
  const local = inZone(zone, Date.parse(`${whole}Z`));
  const shown = isInRange(local) ? local : `${whole}+00:00`;
  const offset = shown.slice(19);
  return { second: shown.slice(0, 19).replace('T', ' '), fraction, offset: offset === '+00:00' ? 'UTC' : offset };
}

/** Returns a time of a row with its offset, in the time zone of people: `2026-11-25 16:00:00.5 +01:00`; other text unchanged. */
export function localText(zone: TimeZone, text: string): string {
  const time = localTime(zone, text);
  return time ? `${time.second}${time.fraction} ${time.offset}` : text;
}

/** Returns a moment, in milliseconds since 1970, in a time zone as ISO 8601. */
export function inZone(zone: TimeZone, moment: number): string {
  const offset = zone.offsetAt(moment);
  return withOffset(moment + offset * 1000, offset, '');
}

/** A local time as ISO 8601; in UTC where the offset has seconds, as it did before there were time zones. */
export function withOffset(local: number, offset: number, fraction: string): string {
  const whole = offset % 60 === 0;
  const text = new Date(whole ? local : local - offset * 1000).toISOString().slice(0, 19);
  return `${text}${fraction === '' ? '' : `.${fraction}`}${offsetText(whole ? offset : 0)}`;
}

/** Whether a time is in the years that ISO 8601 can express. */
export function isInRange(iso: string): boolean {
  return /^(?!0000)\d{4}-/.test(iso);
}
