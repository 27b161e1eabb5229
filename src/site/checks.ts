import { refuseIdAsName } from '../database/reference.ts';
import { InvalidInputError } from '../errors.ts';

/** The most bytes that a configuration, of a widget or an instance, may have as JSON. */
export const MAX_CONFIG_BYTES = 64 * 1024;

/**
 * The text, where it fits a column of 255 characters and can be told apart from others when read.
 * @throws InvalidInputError
 */
export function shortText(what: string, text: string): string {
  if (text.trim() === '' || text.trim() !== text) {
    throw new InvalidInputError(`The ${what} must not be empty, nor have blanks at its ends.`);
  }
  if ([...text].length > 255) {
    throw new InvalidInputError(`The ${what} is too long: at most 255 characters.`);
  }
  if (text.includes('\0')) {
    throw new InvalidInputError(`The ${what} has a NUL character.`);
  }
  return text;
}

/**
 * The text as the name by which people will mean a row: a short text that cannot be mistaken for a public id.
 * @param before the name until now, which can stay
 * @throws InvalidInputError
 */
export function rowName(what: string, text: string, before?: string): string {
  refuseIdAsName(what, text, before);
  return shortText(what, text);
}

/**
 * The value, as one of the allowed ones.
 * @throws InvalidInputError listing them
 */
export function oneOf<const T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new InvalidInputError(`The ${what} "${value}" is unknown.`, { hint: `Use one of ${allowed.join(', ')}.` });
  }
  return found;
}
