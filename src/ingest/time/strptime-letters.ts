import { MONTHS, WEEKDAYS } from './calendar.ts';

/** Where each part of a time is kept while a text is read. */
export const YEAR = 0;
export const MONTH = 1;
export const DAY_OF_MONTH = 2;
export const DAY_OF_YEAR = 3;
export const WEEKDAY = 4;
export const HOUR = 5;
export const HOUR_OF_TWELVE = 6;
export const AFTERNOON = 7;
export const MINUTE = 8;
export const SECOND = 9;
/** In nanoseconds. */
export const FRACTION = 10;
/** In minutes; NaN if there is none. */
export const OFFSET = 11;

/** Reads one part of a text. Returns the position after it, or -1 if something else is there. */
export type Step = (text: string, at: number, parts: Float64Array) => number;

/** What a letter of strptime reads. */
export interface Letter {
  part: number;
  step: Step;
  /** Reads all digits that the number can have: where another number follows directly, nothing else ends it. */
  whole?: Step;
}

/** What each letter of strptime reads; `undefined` as a property of the prototype would be, hence a map. */
export const LETTERS: ReadonlyMap<string, Letter> = new Map([
  ['Y', { part: YEAR, step: digits(YEAR, 4, 4), whole: digits(YEAR, 4, 4) }],
  ['y', { part: YEAR, step: yearOfCentury, whole: yearOfCentury }],
  ['m', number(MONTH, 2)],
  ['b', { part: MONTH, step: name(MONTH, MONTHS, 1) }],
  ['B', { part: MONTH, step: name(MONTH, MONTHS, 1) }],
  ['d', number(DAY_OF_MONTH, 2)],
  ['e', number(DAY_OF_MONTH, 2, true)],
  ['j', number(DAY_OF_YEAR, 3)],
  ['a', { part: WEEKDAY, step: name(WEEKDAY, WEEKDAYS, 0) }],
  ['A', { part: WEEKDAY, step: name(WEEKDAY, WEEKDAYS, 0) }],
  ['H', number(HOUR, 2)],
  ['k', number(HOUR, 2, true)],
  ['I', number(HOUR_OF_TWELVE, 2)],
  ['l', number(HOUR_OF_TWELVE, 2, true)],
  ['p', { part: AFTERNOON, step: halfOfDay }],
  ['M', number(MINUTE, 2)],
  ['S', number(SECOND, 2)],
  ['f', { part: FRACTION, step: wholeFraction, whole: fraction }],
  ['z', { part: OFFSET, step: offset }],
  ['Z', { part: OFFSET, step: nameOfUtc }],
]);

/** What stands for several others. */
export const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['T', '%H:%M:%S'],
  ['R', '%H:%M'],
  ['D', '%m/%d/%y'],
  ['F', '%Y-%m-%d'],
]);

function number(part: number, most: number, isPadded = false): Letter {
  const step = digits(part, 1, most);
  return { part, step: isPadded ? padded(step) : step, whole: digits(part, most, most) };
}

function digits(part: number, least: number, most: number): Step {
  return (text, at, parts) => {
    let value = 0;
    let end = at;
    for (; end < at + most; end++) {
      const digit = text.charCodeAt(end) - 48;
      if (!(digit >= 0 && digit <= 9)) {
        break;
      }
      value = value * 10 + digit;
    }
    parts[part] = value;
    return end - at < least ? -1 : end;
  };
}

/** Where a number is written without a leading zero, a blank may be in its place. */
function padded(step: Step): Step {
  return (text, at, parts) => step(text, text.charCodeAt(at) === 32 ? at + 1 : at, parts);
}

/** As POSIX has it: 69 to 99 are in the 20th century, 0 to 68 in the 21st. */
function yearOfCentury(text: string, at: number, parts: Float64Array): number {
  const end = digits(YEAR, 2, 2)(text, at, parts);
  const year = parts[YEAR] ?? 0;
  parts[YEAR] = year + (year < 69 ? 2000 : 1900);
  return end;
}

/** An English name in full, or its first three letters, in any case. */
function name(part: number, names: readonly string[], first: number): Step {
  const short = names.map((each) => each.slice(0, 3));
  return (text, at, parts) => {
    const index = short.indexOf(text.slice(at, at + 3).toLowerCase());
    const whole = names[index] ?? '';
    parts[part] = index + first;
    const end = at + (text.slice(at, at + whole.length).toLowerCase() === whole ? whole.length : 3);
    return index < 0 || isLetter(text.charCodeAt(end)) ? -1 : end;
  };
}

function isLetter(code: number): boolean {
  const lower = code | 32;
  // "T" often separates date and time.
  return lower >= 97 && lower <= 122 && lower !== 116;
}

const HALF_OF_DAY = /([ap])(?:m|\.[ \u00a0\u202f]?m\.|(?![a-z.]))/iy;

function halfOfDay(text: string, at: number, parts: Float64Array): number {
  HALF_OF_DAY.lastIndex = at;
  const [, half] = HALF_OF_DAY.exec(text) ?? [];
  parts[AFTERNOON] = half?.toLowerCase() === 'p' ? 12 : 0;
  return half === undefined ? -1 : HALF_OF_DAY.lastIndex;
}

/** Of milliseconds, microseconds or nanoseconds: fewer digits may be a count of another unit. */
function wholeFraction(text: string, at: number, parts: Float64Array): number {
  const end = fraction(text, at, parts);
  return (end - at) % 3 === 0 ? end : -1;
}

export function fraction(text: string, at: number, parts: Float64Array): number {
  let nanoseconds = 0;
  let weight = 100_000_000;
  let end = at;
  for (; ; end++) {
    const digit = text.charCodeAt(end) - 48;
    if (!(digit >= 0 && digit <= 9)) {
      break;
    }
    // Digits below a thousandth of a nanosecond could only add an error of the floating point.
    nanoseconds += weight < 0.001 ? 0 : digit * weight;
    weight /= 10;
  }
  parts[FRACTION] = nanoseconds;
  return end === at ? -1 : end;
}

const OFFSET_TEXT = /Z|([+-])(\d\d)(?::?(\d\d))?/iy;

/** PostgreSQL rejects offsets of 16 hours and more. */
function offset(text: string, at: number, parts: Float64Array): number {
  OFFSET_TEXT.lastIndex = at;
  const match = OFFSET_TEXT.exec(text);
  const [, sign, hours = 0, minutes = 0] = match ?? [];
  parts[OFFSET] = (sign === '-' ? -1 : 1) * (+hours * 60 + +minutes);
  return match && +hours < 16 && +minutes < 60 ? OFFSET_TEXT.lastIndex : -1;
}

const UTC = /UTC|GMT|Z/iy;

function nameOfUtc(text: string, at: number, parts: Float64Array): number {
  UTC.lastIndex = at;
  parts[OFFSET] = 0;
  return UTC.test(text) ? UTC.lastIndex : -1;
}
