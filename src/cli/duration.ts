import { InvalidInputError } from '../errors.ts';

export const SECONDS: Record<string, number> = { s: 1, m: 60, min: 60, h: 3600, d: 86400, w: 604800 };

/** Formats a duration in its largest whole unit: `90s`, `5min`, `2h`, `1d`. */
export function durationText(seconds: number): string {
  const [unit, length] = Object.entries(UNITS).find(([, each]) => seconds % each === 0) ?? ['s', 1];
  return `${seconds / length}${unit}`;
}

const UNITS = { d: 86_400, h: 3600, min: 60, s: 1 };

/** ISO 8601 durations without years and months, whose length varies. */
const ISO_DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i;

/**
 * Parses a duration: a number with a unit (`90d`, `12h`, `30m` or `30min`, `10s`, `2w`), or ISO 8601 (`P90D`, `PT12H`).
 * @param examples for the hint
 * @returns seconds
 * @throws InvalidInputError naming the option
 */
export function parseDuration(text: string, option: string, examples = '90d, 12h, 30m, 10s or 2w'): number {
  const short = /^(\d{1,9})(min|[smhdw])$/i.exec(text);
  if (short) {
    return Number(short[1]) * (SECONDS[(short[2] ?? '').toLowerCase()] ?? 0);
  }
  const parts = ISO_DURATION.exec(text)?.slice(1);
  if (!parts?.some((part) => part !== undefined)) {
    throw new InvalidInputError(`${option}: "${text}" is not a valid duration.`, {
      hint: `Use ${examples}, or ISO 8601 such as P90D or PT12H.`,
    });
  }
  const [weeks, days, hours, minutes, seconds] = parts.map((part) => Number(part ?? 0));
  return (((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}
