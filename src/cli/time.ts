import { InvalidInputError } from '../errors.ts';
import { ISO_8601, wholeOffset } from '../text/iso-8601.ts';

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** ISO 8601 durations without years and months, whose length varies. */
const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;

/**
 * Parses a duration: a number with a unit (`90d`, `12h`, `30m`, `10s`, `2w`), or ISO 8601 (`P90D`, `PT12H`).
 * @returns seconds
 * @throws InvalidInputError naming the option
 */
export function parseDuration(text: string, option: string): number {
  const short = /^(\d{1,9})([smhdw])$/i.exec(text);
  if (short) {
    return Number(short[1]) * (SECONDS[(short[2] ?? '').toLowerCase()] ?? 0);
  }
  const parts = ISO_DURATION.exec(text)?.slice(1);
  if (!parts?.some((part) => part !== undefined)) {
    throw new InvalidInputError(`${option}: "${text}" is not a valid duration.`, {
      hint: 'Use 90d, 12h, 30m, 10s or 2w, or ISO 8601 such as P90D or PT12H.',
    });
  }
  const [weeks, days, hours, minutes, seconds] = parts.map((part) => Number(part ?? 0));
  return (((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/**
 * Parses a time: ISO 8601 (UTC without an offset), `now`, `today` or `yesterday` (their midnight in UTC), or a time ago such
 * as `-2h` (s, m, h, d, w).
 * @returns ISO 8601 with offset
 * @throws InvalidInputError
 */
export function parseTime(text: string, now: Date, option: string): string {
  const ago = /^-(\d{1,9})([smhdw])$/.exec(text);
  if (ago) {
    return new Date(now.getTime() - Number(ago[1]) * (SECONDS[ago[2] ?? ''] ?? 0) * 1000).toISOString();
  }
  const midnight = `${now.toISOString().slice(0, 10)}T00:00:00Z`;
  switch (text.toLowerCase()) {
    case 'now':
      return now.toISOString();
    case 'today':
      return midnight;
    case 'yesterday':
      return new Date(Date.parse(midnight) - 86_400_000).toISOString();
  }
  const iso = isoMoment(text);
  if (iso === undefined) {
    throw new InvalidInputError(`${option}: "${text}" is not a valid time.`, {
      hint: 'Use 2026-01-31, 2026-01-31T13:45:00+01:00, now, today, yesterday, or a time ago such as -2h or -90d.',
    });
  }
  return iso;
}

function isoMoment(text: string): string | undefined {
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    ISO_8601.exec(text.toUpperCase()) ?? [];
  if (date === undefined || fraction.length > 6) {
    return undefined;
  }
  const offset = wholeOffset(zone);
  const moment = new Date(`${date}T${hour}:${minute}:${second}${offset}`);
  // Date reads 30 February as 2 March.
  const exists = new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date);
  return Number.isNaN(moment.getTime()) || !exists
    ? undefined
    : `${date}T${hour}:${minute}:${second}${fraction === '' ? '' : `.${fraction}`}${offset}`;
}
