import { excerpt } from '../text/printable.ts';

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL = /^(?:nan|[+-]?inf(?:inity)?)$/i;
/** A number with fewer digits can be neither too large nor too small for a double. */
const SAFE_LENGTH = 300;

export const NOT_A_NUMBER = 'not a valid number';

/** Why a cell or a line is rejected. */
export interface CellProblem {
  /** Without what is particular to this cell, to count by. */
  reason: string;
  problem: string;
}

/** The text of a value as PostgreSQL reads it, or what is wrong with it. */
export type Measurement = { text: string } | CellProblem;

/** Whether text is a number that PostgreSQL reads without a closer look. */
export function isPlainNumber(text: string): boolean {
  return text.length < SAFE_LENGTH && PLAIN.test(text);
}

/** Whether text is a decimal number, with or without an exponent. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/**
 * Reads a decimal number, with or without an exponent, or `nan`, `inf`, `-inf`, `infinity` in any case. Keeps the text:
 * the server converts it to the nearest double. Rejects what a double cannot hold, as the server would.
 * @param text without surrounding blanks, with a dot as decimal separator
 * @param given the text for a message
 */
export function readMeasurement(text: string, given = text): Measurement {
  if (isPlainNumber(text) || SPECIAL.test(text)) {
    return { text };
  }
  const [, mantissa] = DECIMAL.exec(text) ?? [];
  if (mantissa === undefined) {
    return { reason: NOT_A_NUMBER, problem: `${excerpt(given)} is ${NOT_A_NUMBER}` };
  }
  const value = Number(text);
  const underflows = value === 0 && /[1-9]/.test(mantissa);
  const reason = `too ${underflows ? 'close to zero' : 'large'} for a double`;
  return Number.isFinite(value) && !underflows ? { text } : { reason, problem: `${excerpt(given)} is ${reason}` };
}
