import { randomBytes } from 'node:crypto';
import { InvalidInputError } from '../errors.ts';

/** The width of the column. */
const LONGEST = 255;

/**
 * The secret, fit to be stored and to sign with. It is repeated in no message.
 * @throws InvalidInputError
 */
export function checkSecret(secret: string): string {
  if (secret === '') {
    throw new InvalidInputError('The secret is empty.', { hint: 'Leave it out for a webhook that is not signed.' });
  }
  const { length } = [...secret];
  if (length > LONGEST) {
    throw new InvalidInputError(`The secret is too long: ${length} characters, and at most ${LONGEST} fit.`);
  }
  if (secret.includes('\0')) {
    throw new InvalidInputError('The secret has a NUL character.');
  }
  return secret;
}

/** A random secret: 256 bits, as 64 hexadecimal digits. */
export function generateSecret(): string {
  return randomBytes(32).toString('hex');
}
