import { InvalidArgumentError } from 'commander';
import { InvalidInputError } from '../errors.ts';

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}

/** Parses a page number: 1, 2, … from the start, or -1, -2, … from the end. */
export function pageNumber(text: string): number {
  if (!/^-?[1-9]\d{0,14}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number: 1, 2, … from the start, or -1, -2, … from the end.');
  }
  return Number(text);
}

/**
 * Parses a number given as an option or entered at a prompt.
 * @throws InvalidInputError naming the option
 */
export function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidInputError(`${option}: "${text}" is not a valid number.`, {
      hint: 'Use a dot as the decimal separator.',
    });
  }
  return value;
}

/** Collects the values of an option that can be repeated. */
export function repeated(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** Returns the parser of an option whose value is a whole number in a range. */
export function wholeNumberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text);
    if (value < min || value > max) {
      throw new InvalidArgumentError(`It must be ${min} to ${max}.`);
    }
    return value;
  };
}
