import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import type { TimeFormat } from './clock.ts';
import { isoFormat } from './iso-format.ts';
import { NUMERIC_FORMATS } from './numeric-formats.ts';
import { strptimeFormat } from './strptime.ts';

export type { Clock, TimeFormat } from './clock.ts';

/**
 * Returns a format by its name, or compiles one from the letters of strptime, such as `%d.%m.%Y %H:%M:%S`.
 * @throws InvalidInputError naming the letter that is unknown, or what is missing
 */
export function timeFormat(text: string): TimeFormat {
  const named = text === 'iso' ? isoFormat() : NUMERIC_FORMATS.find(({ name }) => name === text);
  if (named) {
    return named;
  }
  if (!text.includes('%')) {
    throw new InvalidInputError(`${excerpt(text)} is not a time format.`, {
      hint: `Use the letters of strptime, such as %d.%m.%Y %H:%M:%S, or one of iso, ${NUMERIC_FORMATS.map(({ name }) => name).join(', ')}.`,
    });
  }
  return strptimeFormat(text);
}
