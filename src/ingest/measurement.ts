import { excerpt } from '../text/printable.ts';

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL = /^(?:nan|[+-]?inf(?:inity)?)$/i;
/** So few digits can neither be too large nor too near zero for a double. */
const SAFE_LENGTH = 300;

/** A value's text as PostgreSQL reads it, or what is wrong with it. */
export type Measurement = { text: string } | { problem: string };

/**
 * Reads a decimal number, with or without an exponent, or `nan`, `inf`, `-inf`, `infinity` in any case. The text is kept
 * as it is: the server turns it into the nearest double. What a double cannot hold is refused, as the server would.
 * @param decimal what stands before the fraction
 */
export function readMeasurement(given: string, decimal: '.' | ','): Measurement {
  const trimmed = given.trim();
  const text = decimal === ',' ? swapped(trimmed) : trimmed;
  if ((text.length < SAFE_LENGTH && PLAIN.test(text)) || SPECIAL.test(text)) {
    return { text };
  }
  const [, mantissa] = DECIMAL.exec(text) ?? [];
  if (mantissa === undefined) {
    return {
      problem: trimmed === '' ? 'the value is missing' : `${excerpt(trimmed)} is no number${hint(trimmed, decimal)}`,
    };
  }
  const value = Number(text);
  const vanished = value === 0 && /[1-9]/.test(mantissa);
  return Number.isFinite(value) && !vanished
    ? { text }
    : { problem: `${excerpt(trimmed)} is too ${vanished ? 'near zero' : 'large'} for a double` };
}

/** With a decimal comma, a point can only be a thousands separator, which is refused. */
function swapped(text: string): string {
  return text.includes('.') ? '' : text.replace(',', '.');
}

function hint(text: string, decimal: '.' | ','): string {
  if (decimal === '.' && /^[+-]?\d*,\d+$/.test(text)) {
    return ': for a decimal comma, pass --decimal ,';
  }
  return decimal === ',' && text.includes('.') ? ' with a decimal comma' : '';
}
