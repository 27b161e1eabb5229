import { MISSING_TEXTS } from './known-names.ts';

/** What a cell looks like, whatever column it is in. */
export type CellKind = 'number' | 'time' | 'missing' | 'text';

const NUMBER = /^[+-]?(?:\d+(?:[.,]\d+|[\u00a0\u202f' ]\d{3})*[.,]?|[.,]\d+)(?:e[+-]?\d+)?$/i;
const SPECIAL = /^[+-]?inf(?:inity)?$/i;
/** A date with or without a time of day, or a time of day alone. */
const TIME =
  /^(?:[a-z]{3,9},? +)?(?:\d{1,6}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[-/. ][a-z]{3,9}[-/. ]\d{2,4}|[a-z]{3,9} \d{1,2},? \d{4}|\d{8}T\d{4}|\d{1,4}[-/]\d{1,3}\b|\d{1,2}:\d{2})(?:, |[\d:.+\- TZapmutc])*(?:,\d+)?(?: BC|[Zapm.]*)$/i;

export function kindOfCell(cell: string): CellKind {
  const text = cell.trim();
  if (isMissing(text)) {
    return 'missing';
  }
  // `31.01.2026` also looks like a number with separators.
  if (TIME.test(text)) {
    return 'time';
  }
  return NUMBER.test(text) || SPECIAL.test(text) ? 'number' : 'text';
}

/** Whether text without surrounding blanks stands for a missing value, or for NaN. */
export function isMissing(text: string): boolean {
  return text === '' || isNan(text) || MISSING_TEXTS.includes(text.toLowerCase());
}

export function isNan(text: string): boolean {
  return /^[+-]?nan$/i.test(text);
}
