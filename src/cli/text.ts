import { grouped } from '../text/counted.ts';
import { duration as durationOf } from '../text/duration.ts';

export { counted, grouped } from '../text/counted.ts';
export { printable, printableLines, quoted } from '../text/printable.ts';

/** Returns `User` for `user`. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const MAX_LISTED = 10;

/** Lists names for a sentence: the first ones, and how many more there are. */
export function listed(names: readonly string[], most = MAX_LISTED): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Rounds a figure to what a person reads of it: six digits. */
export function rounded<Missing extends null | undefined>(value: number | Missing): number | Missing {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}

/** Formats a size in megabytes: `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Formats a size in the decimal unit that fits: `45 kB`, `12.3 MB`. */
export function fileSize(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power > 1 ? 1 : 0)} ${units[power]}`;
}

/** Formats a duration in its two largest units: `2 h 5 min`, or `1.5 s`. */
export function duration(seconds: number): string {
  return durationOf(seconds, grouped);
}
