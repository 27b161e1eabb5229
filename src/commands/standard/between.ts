import { InvalidArgumentError } from 'commander';
import { wholeNumber } from '../../cli/parse.ts';

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
