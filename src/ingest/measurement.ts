import { excerpt } from '../text/printable.ts';

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL = /^(?:nan|[+-]?inf(?:inity)?)$/i;
/** A number with fewer digits can be neither too large nor too small for a double. */
const SAFE_LENGTH = 300;

/** The text of a value as PostgreSQL reads it, or what is wrong with it. */
export type Measurement = { text: string } | { problem: string };

/**
 * Reads a decimal number, with or without an exponent, or `nan`, `inf`, `-inf`, `infinity` in any case. Keeps the text:
 * the server converts it to the nearest double. Rejects what a double cannot hold, as the server would.
 * @param decimal the decimal separator
 */
export function readMeasurement(given: string, decimal: '.' | ','): Measurement {
  const trimmed = given.trim();
  const text = decimal === ',' ? withDot(trimmed) : trimmed;
  if ((text.length < SAFE_LENGTH && PLAIN.test(text)) || SPECIAL.test(text)) {
    return { text };
  }
  const [, mantissa] = DECIMAL.exec(text) ?? [];
  if (mantissa === undefined) {
    return {
      problem:
        trimmed === '' ? 'the value is missing' : `${excerpt(trimmed)} is not a valid number${hint(trimmed, decimal)}`,
    };
  }
  const value = Number(text);
  const underflows = value === 0 && /[1-9]/.test(mantissa);
  return Number.isFinite(value) && !underflows
    ? { text }
    : { problem: `${excerpt(trimmed)} is too ${underflows ? 'close to zero' : 'large'} for a double` };
}

/** With a decimal comma, a dot can only be a thousands separator, which is rejected. */
function withDot(text: string): string {
  return text.includes('.') ? '' : text.replace(',', '.');
}

function hint(text: string, decimal: '.' | ','): string {
  if (decimal === '.' && /^[+-]?\d*,\d+$/.test(text)) {
    return ': for a decimal comma, pass --decimal ,';
  }
  return decimal === ',' && text.includes('.') ? ' with a decimal comma' : '';
}
