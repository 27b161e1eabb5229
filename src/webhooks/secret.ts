import { randomBytes } from 'node:crypto';
import { InvalidInputError } from '../errors.ts';

/** The width of the column. */
const MAX_CHARACTERS = 255;

/**
 * Returns the secret if it can be stored and used. No message contains it.
 * @throws InvalidInputError
 */
export function checkSecret(secret: string): string {
  if (secret === '') {
    throw new InvalidInputError('The secret is empty.', { hint: 'Leave it out if deliveries are not to be signed.' });
  }
  const { length } = [...secret];
  if (length > MAX_CHARACTERS) {
    throw new InvalidInputError(`The secret is too long: ${length} characters, the maximum is ${MAX_CHARACTERS}.`);
  }
  if (secret.includes('\0')) {
    throw new InvalidInputError('The secret contains a NUL character.');
  }
  return secret;
}

/** Returns a random secret: 256 bits, as 64 hex digits. */
export function generateSecret(): string {
  return randomBytes(32).toString('hex');
}
