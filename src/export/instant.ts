const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_C = 0x43;

/** A time as it is on the clock: `micros` is 0 to 999,999, also before 1970. */
export interface Instant {
  seconds: number;
  micros: number;
}

/** Reads times as PostgreSQL prints them, without making an object for each. */
export class InstantReader implements Instant {
  seconds = 0;
  micros = 0;
  #at = 0;

  /** Reads the local time of `2026-01-01 00:00:00.5+00`; returns whether there is one: there is none in `infinity`. */
  read(bytes: Buffer, start: number, end: number): boolean {
    this.#at = start;
    const first = bytes[start] ?? 0;
    if (first < ZERO || first > NINE) {
      return false;
    }
    const year = this.#number(bytes);
    const month = this.#number(bytes);
    const day = this.#number(bytes);
    const hour = this.#number(bytes);
    const minute = this.#number(bytes);
    const second = this.#number(bytes);
    // 1 BC is the year 0.
    const days = daysSince1970(bytes[end - 1] === LETTER_C ? 1 - year : year, month, day);
    this.seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    this.micros = 0;
    if (bytes[this.#at - 1] === DOT) {
      const fraction = this.#at;
      const digits = this.#number(bytes);
      this.micros = digits * 10 ** (6 - (this.#at - 1 - fraction));
    }
    return true;
  }

  /** Reads digits, and skips the character after them. */
  #number(bytes: Buffer): number {
    let value = 0;
    let byte = bytes[this.#at++] ?? DASH;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + byte - ZERO;
      byte = bytes[this.#at++] ?? DASH;
    }
    return value;
  }
}

/**
 * The days of a date of the Gregorian calendar, in any year.
 * @see https://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
function daysSince1970(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(fromMarch / 400);
  const ofEra = fromMarch - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}
