import { InvalidInputError } from '../errors.ts';

/** What a configuration may have, in bytes. */
export const MAX_CONFIG_BYTES = 64 * 1024;

/**
 * The text, where it is a JSON object.
 * @param origin where it comes from, for messages
 * @throws InvalidInputError
 */
export function configJson(text: string, origin: string): string {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    throw new InvalidInputError(`${origin} is too large for a configuration: at most ${MAX_CONFIG_BYTES} bytes.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    throw new InvalidInputError(`${origin} is no JSON${why}.`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError(`${origin} is no JSON object.`, { hint: 'Such as {"port": "/dev/ttyUSB0"}.' });
  }
  // As it was written: parsing changes long numbers.
  return text.trim();
}
