import { ISO_8601, offsetMinutes } from '../../text/iso-8601.ts';
import { excerpt } from '../../text/printable.ts';

/** Anything longer only adds zeros. */
const MAX_LENGTH = 40;
/** Digits that PostgreSQL would round away. */
const BELOW_MICROSECONDS = /\.\d{6}0*[1-9]/;

/** The first and the last moment that PostgreSQL can store, in milliseconds since 1970; the last is exclusive. */
const [FIRST, LAST] = [-210_866_803_200_000, 9_224_318_016_000_000];
const INFINITE = /^-?infinity$/i;
/** Years before 1 and after 9999, as PostgreSQL prints them; with an offset, for most others are mistyped. */
const FAR_YEAR = /^(\d{4,6})(-\d\d-\d\d .*[+-][\d:]+)( BC)?$/;
/** The calendar repeats itself after this many years. */
const CYCLE_YEARS = 400;
const CYCLE_MILLISECONDS = 146_097 * 86_400_000;

/** A timestamp in a form that PostgreSQL reads. */
export interface Timestamp {
  text: string;
  /** Whether it has an offset; without one it is in the time zone of the session. */
  zoned: boolean;
  /** For comparison: microseconds since 1970, in UTC if `zoned`, else in local time. */
  microseconds: number;
}

/**
 * Reads ISO 8601: a date and a time of day separated by `T` or a space, optional seconds and fraction, and an optional
 * offset (`Z`, `+01`, `+0100`, `+01:00`); and what PostgreSQL, and so an export, has besides: `infinity`, years BC and from
 * 10000. Rejects times that do not exist: 30 February, 24:00, second 60. PostgreSQL keeps microseconds, so further digits must
 * be zero.
 */
export class TimestampReader {
  readonly #needsOffset: boolean;
  #last: Timestamp | string | undefined;
  #lastGiven = '';
  #date = '';
  #dateMilliseconds = Number.NaN;

  constructor(options: { needsOffset: boolean }) {
    this.#needsOffset = options.needsOffset;
  }

  /** Returns the timestamp, or what is wrong with the text. */
  read(given: string): Timestamp | string {
    // Rows of several events at the same time follow each other.
    if (this.#last === undefined || given !== this.#lastGiven) {
      this.#lastGiven = given;
      this.#last = this.#parse(given.trim());
    }
    return this.#last;
  }

  #parse(text: string): Timestamp | string {
    if (INFINITE.test(text)) {
      return { text, zoned: true, microseconds: text.startsWith('-') ? -Infinity : Infinity };
    }
    const near = text.length <= MAX_LENGTH ? ISO_8601.exec(text) : null;
    const { match, cycles } = near ? { match: near, cycles: 0 } : farYear(text);
    const [, date = '', hour, minute = '', second = '0', fraction = '', offset] = match ?? [];
    if (hour === undefined || (fraction.length > 6 && BELOW_MICROSECONDS.test(text))) {
      return text === '' ? 'the timestamp is missing' : `${excerpt(text)} ${problemOf(text)}`;
    }
    const day = this.#day(date);
    const minutesEast = offset === undefined ? 0 : offsetMinutes(offset);
    if (Number.isNaN(day) || +hour > 23 || +minute > 59 || +second > 59 || Number.isNaN(minutesEast)) {
      return `${excerpt(text)} does not exist in the calendar or on the clock`;
    }
    if (offset === undefined && this.#needsOffset) {
      return 'the timestamp has no time zone: pass --timezone, such as --timezone UTC';
    }
    const seconds = (+hour * 60 + +minute - minutesEast) * 60 + +second;
    const milliseconds = day + cycles * CYCLE_MILLISECONDS + seconds * 1000;
    if (milliseconds < FIRST || milliseconds >= LAST) {
      return `${excerpt(text)} is before 4713 BC or after 294276, which PostgreSQL cannot store`;
    }
    const microseconds = milliseconds * 1000 + (fraction === '' ? 0 : +fraction.slice(0, 6).padEnd(6, '0'));
    return { text, zoned: offset !== undefined, microseconds };
  }

  /** Milliseconds from 1970 to the start of a date; NaN if there is no such date. */
  #day(date: string): number {
    if (date !== this.#date) {
      const milliseconds = Date.parse(`${date}T00:00:00Z`);
      const exists = new Date(milliseconds).toJSON()?.startsWith(date) && !date.startsWith('0000');
      this.#date = date;
      this.#dateMilliseconds = exists ? milliseconds : Number.NaN;
    }
    return this.#dateMilliseconds;
  }
}

/**
 * Matches a timestamp whose year ISO 8601 does not have, with a year of 2000 to 2399 that has the same calendar.
 * @returns `cycles`: how many times 400 years lie between them
 */
function farYear(text: string): { match: RegExpExecArray | null; cycles: number } {
  const [, years = '', rest, bc] = (text.length <= MAX_LENGTH && FAR_YEAR.exec(text)) || [];
  if (Number(years) < (bc ? 1 : 10_000)) {
    return { match: null, cycles: 0 };
  }
  const year = bc ? 1 - Number(years) : Number(years);
  const cycles = Math.floor(year / CYCLE_YEARS) - 5;
  return { match: ISO_8601.exec(`${year - cycles * CYCLE_YEARS}${rest}`), cycles };
}

function problemOf(text: string): string {
  return BELOW_MICROSECONDS.test(text)
    ? 'has more than 6 digits of fractional seconds'
    : 'is not a timestamp in ISO 8601, such as 2026-01-31T13:45:00.5+01:00';
}
