import { ISO_8601 } from '../text/iso-8601.ts';
import { excerpt } from '../text/printable.ts';

/** Anything longer only adds zeros. */
const MAX_LENGTH = 40;
/** Digits that PostgreSQL would round away. */
const BELOW_MICROSECONDS = /\.\d{6}0*[1-9]/;

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
 * offset (`Z`, `+01`, `+0100`, `+01:00`). Rejects times that do not exist: 30 February, 24:00, second 60. PostgreSQL keeps
 * microseconds, so further digits must be zero.
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
    const match = text.length <= MAX_LENGTH ? ISO_8601.exec(text) : null;
    const [, date = '', hour, minute = '', second = '0', fraction = '', offset] = match ?? [];
    if (hour === undefined || (fraction.length > 6 && BELOW_MICROSECONDS.test(text))) {
      return text === '' ? 'the timestamp is missing' : `${excerpt(text)} ${problemOf(text)}`;
    }
    const day = this.#day(date);
    const offsetMinutes = offset === undefined ? 0 : minutesOf(offset);
    if (Number.isNaN(day) || +hour > 23 || +minute > 59 || +second > 59 || Number.isNaN(offsetMinutes)) {
      return `${excerpt(text)} does not exist in the calendar or on the clock`;
    }
    if (offset === undefined && this.#needsOffset) {
      return 'the timestamp has no time zone: pass --timezone, such as --timezone UTC';
    }
    const seconds = (+hour * 60 + +minute - offsetMinutes) * 60 + +second;
    const microseconds = (day + seconds * 1000) * 1000 + (fraction === '' ? 0 : +fraction.slice(0, 6).padEnd(6, '0'));
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

/** NaN for offsets of 16 hours and more, which PostgreSQL rejects. */
function minutesOf(offset: string): number {
  if (offset === 'Z') {
    return 0;
  }
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(':', '') || 0)];
  return hours > 15 || minutes > 59 ? Number.NaN : (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function problemOf(text: string): string {
  return BELOW_MICROSECONDS.test(text)
    ? 'has more than 6 digits of fractional seconds'
    : 'is not a timestamp in ISO 8601, such as 2026-01-31T13:45:00.5+01:00';
}
