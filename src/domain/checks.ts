import { refuseIdAsName } from '../database/reference.ts';
import { InvalidInputError } from '../errors.ts';
import { parseJsonObject } from '../text/json.ts';

/** The maximum size of the configuration of a widget or a plugin instance, in bytes of JSON. */
export const MAX_CONFIG_BYTES = 64 * 1024;

/** @throws InvalidInputError unless the text of a configuration is a JSON object of this size */
export function checkConfig(text: string): void {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    throw new InvalidInputError(`The configuration is too large: at most ${MAX_CONFIG_BYTES} bytes.`);
  }
  parseJsonObject(text, 'The configuration', '{"color": "red"}');
}

/**
 * Returns the text if it fits a column of 255 characters and differs visibly from others.
 * @throws InvalidInputError
 */
export function shortText(what: string, text: string): string {
  if (text.trim() === '' || text.trim() !== text) {
    throw new InvalidInputError(`The ${what} must not be empty or have leading or trailing blanks.`);
  }
  if ([...text].length > 255) {
    throw new InvalidInputError(`The ${what} is too long: at most 255 characters.`);
  }
  if (text.includes('\0')) {
    throw new InvalidInputError(`The ${what} contains a NUL character.`);
  }
  return text;
}

/**
 * Returns the text if it can name a row: a short text that cannot be mistaken for a public id.
 * @param before the current name, which may stay
 * @throws InvalidInputError
 */
export function rowName(what: string, text: string, before?: string): string {
  refuseIdAsName(what, text, before);
  return shortText(what, text);
}

/**
 * Returns the value if it is one of the allowed ones.
 * @throws InvalidInputError listing them
 */
export function oneOf<const T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new InvalidInputError(`The ${what} "${value}" is unknown.`, { hint: `Use one of ${allowed.join(', ')}.` });
  }
  return found;
}
