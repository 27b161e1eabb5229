import { InvalidArgumentError } from 'commander';
import { capitalised } from '../../cli/text.ts';
import { readMeasurement } from '../../ingest/measurement.ts';

/** Parses a measured value, including NaN and the infinities, into text that PostgreSQL reads as a double. */
export function measurement(text: string): string {
  if (/^[+-]?\d*,\d+$/.test(text)) {
    throw new InvalidArgumentError('Use a dot as the decimal separator.');
  }
  const read = readMeasurement(text.trim(), text);
  if ('problem' in read) {
    throw new InvalidArgumentError(`${capitalised(read.problem)}.`);
  }
  return read.text;
}
