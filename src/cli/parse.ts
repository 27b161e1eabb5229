import { InvalidArgumentError } from 'commander';
import { InvalidInputError } from '../errors.ts';

/** A whole number that is not negative, as an option's value. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

/** A page: from 1, or from the end -1 and so on. */
export function pageNumber(text: string): number {
  if (!/^-?[1-9]\d{0,14}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number from 1, or -1 and so on from the end.');
  }
  return Number(text);
}

/**
 * A number that was given for an option or answered to a question.
 * @throws InvalidInputError naming the option
 */
export function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidInputError(`${option}: "${text}" is no number.`, { hint: 'Write the decimals after a point.' });
  }
  return value;
}

/** Collects the values of an option that may be given more than once. */
export function repeated(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}
