export { counted, grouped } from '../text/counted.ts';
export { printable, printableLines, quoted } from '../text/printable.ts';

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

const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:(\.\d*?[1-9])0*|\.0*)?\+00:00$/;

/** Shortens a time for the terminal: `2026-01-01T12:00:00.500000+00:00` to `2026-01-01T12:00:00.5Z`. */
export function shortMoment(text: string): string {
  return text.replace(MOMENT, '$1$2Z');
}
