import { randomInt } from 'node:crypto';
import { InvalidInputError } from '../errors.ts';

const COST = 12;
const MIN_CHARACTERS = 8;
/** bcrypt ignores further bytes, and the WebMACS server rejects longer passwords at log-in. */
const MAX_BYTES = 72;
/** Without characters that look alike. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Returns why a new password is not accepted, as a sentence. */
export function passwordProblem(password: string): string | undefined {
  if ([...password].length < MIN_CHARACTERS) {
    return `The password is too short: at least ${MIN_CHARACTERS} characters.`;
  }
  if (Buffer.byteLength(password) > MAX_BYTES) {
    return `The password is too long: at most ${MAX_BYTES} bytes can be checked at log-in.`;
  }
  return password.includes('\0')
    ? 'The password contains a NUL character, which cannot be checked at log-in.'
    : undefined;
}

/**
 * Returns the bcrypt hash of a password (`$2b$`, cost 12), as the WebMACS server checks it at log-in.
 * @throws InvalidInputError for a password of fewer than 8 characters or more than 72 bytes
 */
export async function hashPassword(password: string): Promise<string> {
  const problem = passwordProblem(password);
  if (problem) {
    throw new InvalidInputError(problem);
  }
  const { hash } = await import('bcryptjs');
  return await hash(password, COST);
}

/** Returns a random password of 20 characters: 115 bits, easy to copy by hand. */
export function generatePassword(): string {
  return Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
