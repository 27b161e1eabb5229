import { InvalidInputError } from '../errors.ts';

/**
 * Returns a secret as it was written into a file or a variable: without a byte order mark and one line end. Blanks are part of
 * it. No message contains it.
 * @param origin where the text comes from, for messages
 * @throws InvalidInputError for more than one line, bytes that are not UTF-8, which Node has replaced, or half a character
 */
export function secretOf(text: string, origin: string): string {
  const secret = text.replace(/^\ufeff/, '').replace(/(?:\r\n?|\n)$/, '');
  if (/[\ufffd\p{Surrogate}]/u.test(secret)) {
    throw new InvalidInputError(`${origin} is not valid UTF-8.`, { hint: 'Save it as UTF-8 text.' });
  }
  if (/[\r\n]/.test(secret)) {
    throw new InvalidInputError(`${origin} has more than one line.`, { hint: 'Use one line.' });
  }
  return secret;
}
