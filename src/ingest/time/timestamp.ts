import { ISO_8601, offsetText } from '../../text/iso-8601.ts';
import { excerpt } from '../../text/printable.ts';
import type { TimeZone } from '../../text/time-zone.ts';
import { type Reading, RowOrder, type Timestamp } from './row-order.ts';
import { type Clock, type TimeFormat, timeFormat } from './time-format.ts';
import { noTimestamps, type TimestampCounts } from './timestamp-counts.ts';
import { UtcText } from './utc-text.ts';
import { ZoneClock } from './zone-clock.ts';

/** The first and the last second that PostgreSQL can store, since 1970; the last is exclusive. */
const [FIRST, LAST] = [-210_866_803_200, 9_224_318_016_000];
/** The years 1 to 9999, in milliseconds, likewise. */
const [FIRST_YEAR, LAST_YEAR] = [-62_135_596_800_000, 253_402_300_800_000];
const INFINITE = /^-?infinity$/i;
/** Years before 1 and after 9999, as PostgreSQL prints them; with an offset, for most others are mistyped. */
const FAR_YEAR = /^(\d{4,6})(-\d\d-\d\d .{1,20}[+-][\d:]+)( BC)?$/;
/** The calendar repeats itself after this many years. */
const CYCLE_YEARS = 400;
const CYCLE_SECONDS = 146_097 * 86_400;
/** What PostgreSQL does not read, or reads as a time of another day. */
const [COMMA, END_OF_DAY] = [44, '24'];
/** One thousand, or one and three decimals. */
const MAY_BE_THOUSANDS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** Which instant a local time is that the clocks repeat; `infer` tells by the order of the rows. */
export type Ambiguous = 'refuse' | 'earlier' | 'later' | 'infer';
/** What becomes of a local time that the clocks skip; `shift` reads it with the offset before the change. */
export type Nonexistent = 'refuse' | 'shift' | 'skip';

/** How the timestamps of a file are read. */
export interface TimestampRules {
  /** ISO 8601 by default. */
  format?: TimeFormat | undefined;
  /** Of timestamps without an offset, which are rejected if it is omitted. */
  zone?: TimeZone | undefined;
  ambiguous?: Ambiguous | undefined;
  nonexistent?: Nonexistent | undefined;
  /** The instant from which elapsed times count, in microseconds since 1970. */
  start?: number | undefined;
  /** The decimal separator of the file. */
  decimal?: '.' | ',' | undefined;
}

export type { Timestamp } from './row-order.ts';

/**
 * Reads the timestamps of a file, in the order of the file. In ISO 8601, also what PostgreSQL, and so an export, has besides:
 * `infinity`, years BC and from 10000. Rejects times that do not exist: 30 February, second 60. PostgreSQL keeps microseconds, to
 * which further digits are rounded, half up.
 */
export class TimestampReader {
  readonly counts: TimestampCounts;
  readonly #rules: TimestampRules;
  readonly #format: TimeFormat;
  readonly #isIso: boolean;
  readonly #zone: ZoneClock | undefined;
  readonly #order: RowOrder | undefined;
  readonly #utc = new UtcText();
  #given: string | undefined;
  #reading: Reading | { problem: string } | 'skip' = 'skip';
  #offset = Number.NaN;
  #offsetText = '';

  /** @param counts to which it adds */
  constructor(rules: TimestampRules = {}, counts = noTimestamps()) {
    this.counts = counts;
    this.#rules = rules;
    this.#format = rules.format ?? timeFormat('iso');
    this.#isIso = this.#format.name === 'iso';
    this.#zone = rules.zone && new ZoneClock(rules.zone);
    this.#order = rules.ambiguous === 'infer' ? new RowOrder() : undefined;
  }

  /**
   * Returns the timestamp, or what is wrong with the text, or that its row is to be left out.
   * @param line for messages
   * @param key the rows in whose order repeated times are inferred: those of an event, or of a file
   * @throws InvalidInputError if earlier rows turn out to be undecidable
   */
  read(given: string, line = 0, key = ''): Timestamp | { problem: string } | 'skip' {
    // Rows of several events at the same time follow each other.
    if (given !== this.#given) {
      this.#given = given;
      this.#reading = this.#parse(given.trim());
    }
    const reading = this.#reading;
    if (reading === 'skip') {
      this.counts.skipped++;
    } else if (!('problem' in reading)) {
      this.counts.rounded += reading.rounded ? 1 : 0;
      this.counts.shifted += reading.shifted ? 1 : 0;
      return this.#order ? this.#order.decide(reading, given, line, key) : reading;
    }
    return reading;
  }

  /** @throws InvalidInputError if the last rows are in an hour that occurs twice, and their order does not tell which it is */
  finish(): void {
    this.#order?.finish();
  }

  #parse(text: string): Reading | { problem: string } | 'skip' {
    if (text === '') {
      return { problem: 'the timestamp is missing' };
    }
    if (this.#isIso && INFINITE.test(text)) {
      const microseconds = text.startsWith('-') ? -Infinity : Infinity;
      return { text, microseconds, rounded: false, shifted: false };
    }
    const clock = this.#format.parse(text);
    if (!clock) {
      return this.#isIso ? this.#parseFarYear(text) : { problem: this.#problemOf(text) };
    }
    if (this.#format.elapsed) {
      return this.#sinceStart(clock, text);
    }
    return clock.offsetMinutes === undefined
      ? this.#parseLocal(clock, text)
      : this.#at(clock, text, Math.round(clock.offsetMinutes * 60));
  }

  #parseLocal(clock: Clock, text: string): Reading | { problem: string } | 'skip' {
    if (!this.#zone) {
      return { problem: 'the timestamp has no time zone: pass --timezone, such as --timezone UTC' };
    }
    const { kind, first, second } = this.#zone.read(clock.milliseconds);
    const { ambiguous = 'refuse', nonexistent = 'refuse' } = this.#rules;
    if (kind === 'once') {
      return this.#at(clock, text, first);
    }
    const where = `in ${this.#zone.zone.name}, where the clocks change from ${offsetText(first)} to ${offsetText(second)}`;
    if (kind === 'never') {
      if (nonexistent === 'refuse') {
        return { problem: `${excerpt(text)} is skipped ${where}: pass --nonexistent shift or skip` };
      }
      const shifted = this.#at(clock, text, first);
      return nonexistent === 'skip' ? 'skip' : 'problem' in shifted ? shifted : { ...shifted, shifted: true };
    }
    const [earlier, later] = [this.#at(clock, text, first), this.#at(clock, text, second)];
    switch (ambiguous) {
      case 'refuse':
        return { problem: `${excerpt(text)} occurs twice ${where}: pass --ambiguous earlier, later or infer` };
      case 'infer':
        return 'problem' in earlier || 'problem' in later ? earlier : { ...earlier, later };
      default:
        return ambiguous === 'earlier' ? earlier : later;
    }
  }

  #sinceStart({ milliseconds, nanoseconds }: Clock, text: string): Reading | { problem: string } {
    if (this.#rules.decimal !== ',' && MAY_BE_THOUSANDS.test(text)) {
      return { problem: `${excerpt(text)} may have a thousands separator: for a decimal comma, pass --decimal ,` };
    }
    const { start = 0 } = this.#rules;
    const below = (((start % 1000) + 1000) % 1000) * 1000 + nanoseconds;
    const carried = below >= 1e6 ? 1 : 0;
    const sum = Math.floor(start / 1000) + milliseconds + carried;
    return this.#at({ milliseconds: sum, nanoseconds: below - carried * 1e6, offsetMinutes: 0 }, text, 0);
  }

  /** @param offset of the clock, in seconds */
  #at(
    { milliseconds, nanoseconds, offsetMinutes }: Clock,
    text: string,
    offset: number,
  ): Reading | { problem: string } {
    const whole = Math.floor(nanoseconds / 1000);
    const below = nanoseconds - whole * 1000;
    const rounded = below !== 0;
    const carries = below >= 500 && whole === 999;
    const micro = carries ? 0 : whole + (below < 500 ? 0 : 1);
    const instant = milliseconds - offset * 1000 + (carries ? 1 : 0);
    const microseconds = instant * 1000 + micro;
    if (this.#isIso && !rounded && text.charCodeAt(19) !== COMMA && !text.startsWith(END_OF_DAY, 11)) {
      const zoned = offsetMinutes === undefined ? text + this.#offsetOf(offset) : text;
      return { text: zoned, microseconds, rounded, shifted: false };
    }
    return instant < FIRST_YEAR || instant >= LAST_YEAR
      ? { problem: `${excerpt(text)} is before the year 1 or after 9999` }
      : { text: this.#utc.of(instant, micro), microseconds, rounded, shifted: false };
  }

  #offsetOf(offset: number): string {
    if (offset !== this.#offset) {
      this.#offset = offset;
      this.#offsetText = offsetText(offset);
    }
    return this.#offsetText;
  }

  /** Reads a year that ISO 8601 does not have like one of 2000 to 2399 that has the same calendar. */
  #parseFarYear(text: string): Reading | { problem: string } {
    const [, years = '', rest = '', bc] = FAR_YEAR.exec(text) ?? [];
    if (Number(years) < (bc ? 1 : 10_000)) {
      return { problem: this.#problemOf(text) };
    }
    const year = bc ? 1 - Number(years) : Number(years);
    const cycles = Math.floor(year / CYCLE_YEARS) - 5;
    const near = `${year - cycles * CYCLE_YEARS}${rest}`;
    const clock = this.#format.parse(near);
    if (!clock || clock.nanoseconds % 1000 !== 0) {
      return {
        problem: clock ? `${excerpt(text)} has more than 6 digits of fractional seconds` : this.#problemOf(near, text),
      };
    }
    // Milliseconds of the last years are more than a double can tell apart.
    const second = Math.floor(clock.milliseconds / 1000);
    const seconds = second + cycles * CYCLE_SECONDS - Math.round((clock.offsetMinutes ?? 0) * 60);
    const microseconds = seconds * 1e6 + (clock.milliseconds - second * 1000) * 1000 + clock.nanoseconds / 1000;
    return seconds < FIRST || seconds >= LAST
      ? { problem: `${excerpt(text)} is before 4713 BC or after 294276, which PostgreSQL cannot store` }
      : { text, microseconds, rounded: false, shifted: false };
  }

  #problemOf(text: string, shown = text): string {
    if (!this.#isIso) {
      return `${excerpt(text)} is not a time of the format ${this.#format.name}, or does not exist`;
    }
    return ISO_8601.exec(text)?.[2] === undefined
      ? `${excerpt(shown)} is not a timestamp in ISO 8601, such as 2026-01-31T13:45:00.5+01:00; for another format, pass --time-format`
      : `${excerpt(shown)} does not exist in the calendar or on the clock`;
  }
}
