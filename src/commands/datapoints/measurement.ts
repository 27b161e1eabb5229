import { InvalidArgumentError } from 'commander';
import { readMeasurement } from '../../ingest/measurement.ts';
import { capitalised } from '../standard/noun.ts';

/** Parses an option that is a measured value, NaN and the infinities too; the text is as PostgreSQL reads it. */
export function measurement(text: string): string {
  if (/^[+-]?\d*,\d+$/.test(text)) {
    throw new InvalidArgumentError('Write the decimals after a point.');
  }
  const read = readMeasurement(text, '.');
  if ('problem' in read) {
    throw new InvalidArgumentError(`${capitalised(read.problem)}.`);
  }
  return read.text;
}
