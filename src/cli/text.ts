import { grouped } from '../text/counted.ts';
import { replaceHidden } from '../text/printable.ts';

export { counted, grouped } from '../text/counted.ts';
export { printable, printableLines, quoted } from '../text/printable.ts';

/** How many names a sentence has. */
const MAX_LISTED = 10;

/** Lists names for a sentence: the first ones, and how many more there are. */
export function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Rounds a figure to what a person reads of it: six digits. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
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

/** Formats a duration in its two largest units: `2 h 5 min`; below a minute, in the unit that fits: `1.5 s`, `20 ms`. */
export function duration(seconds: number): string {
  if (seconds < 60) {
    const [value, unit] =
      seconds === 0 || seconds >= 1 ? [seconds, 's'] : seconds >= 1e-3 ? [seconds * 1e3, 'ms'] : [seconds * 1e6, 'µs'];
    return `${Number(value.toPrecision(3))} ${unit}`;
  }
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count], at) => at === 0 || count > 0)
    .map(([count, unit]) => `${grouped(count)} ${unit}`)
    .join(' ');
}

/**
 * Quotes a word for a POSIX shell, so that it fits on one line and on a terminal: what a reader would not see is written by
 * printf in octal.
 */
export function shellWord(word: string): string {
  if (/^[\w%+,./:=@-]+$/.test(word)) {
    return word;
  }
  const escaped = replaceHidden(
    word.replace(/[\\%]/g, (character) => (character === '%' ? '%%' : '\\\\')),
    octal,
  );
  return replaceHidden(word, () => '') === word
    ? `'${word.replaceAll("'", "'\\''")}'`
    : `"$(printf '${escaped.replaceAll("'", "'\\''")}')"`;
}

function octal(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
