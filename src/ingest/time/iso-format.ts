import { DAY, dayNumber } from './calendar.ts';
import type { Clock, TimeFormat } from './clock.ts';

/** Anything longer only adds zeros. */
const MAX_LENGTH = 40;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const [MINUS, COLON, DOT, COMMA, UPPER_T, UPPER_Z] = [45, 58, 46, 44, 84, 90];

/**
 * ISO 8601: a date and a time of day separated by `T` or a blank, optional seconds and fraction, and an optional offset (`Z`,
 * `+01`, `+0100`, `+01:00`, and `+00:53:28` as before there were time zones). It is read by position, for most timestamps are of this format.
 */
export function isoFormat(): TimeFormat {
  return new IsoFormat();
}

class IsoFormat implements TimeFormat {
  readonly name = 'iso';
  #date = '-';
  #dateMilliseconds = Number.NaN;

  parse(text: string): Clock | undefined {
    const separator = text.charCodeAt(10);
    if (text.length > MAX_LENGTH || (separator !== UPPER_T && separator !== 32) || text.charCodeAt(13) !== COLON) {
      return undefined;
    }
    if (!text.startsWith(this.#date)) {
      this.#readDate(text.slice(0, 10));
    }
    const hour = twoDigits(text, 11);
    const minute = twoDigits(text, 14);
    let at = 16;
    let second = 0;
    let fraction = 0;
    if (text.charCodeAt(at) === COLON) {
      second = twoDigits(text, 17);
      at = 19;
      const point = text.charCodeAt(at);
      if (point === DOT || point === COMMA) {
        at++;
        let weight = 100_000_000;
        for (let digit = text.charCodeAt(at) - 48; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - 48) {
          // Digits below a thousandth of a nanosecond could only add an error of the floating point.
          fraction += weight < 0.001 ? 0 : digit * weight;
          weight /= 10;
        }
        at = at === 20 ? Number.NaN : at;
      }
    }
    const offsetMinutes = at === text.length ? undefined : offsetAt(text, at);
    const endsDay = hour === 24 && minute === 0 && second === 0 && fraction === 0;
    const milliseconds = Math.floor(fraction / 1e6);
    const clock = {
      milliseconds: this.#dateMilliseconds + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds,
      nanoseconds: fraction - milliseconds * 1e6,
      offsetMinutes,
    };
    const exists = (hour < 24 || endsDay) && minute < 60 && second < 60 && !Number.isNaN(clock.milliseconds + at);
    return exists && !Number.isNaN(offsetMinutes) ? clock : undefined;
  }

  #readDate(text: string): void {
    const [, year, month, day] = DATE.exec(text) ?? [];
    this.#date = text;
    this.#dateMilliseconds = dayNumber(Number(year), Number(month), Number(day)) * DAY;
  }
}

/** NaN if there are not two digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** The minutes of the offset that the text ends in; NaN if that is none, or one that PostgreSQL rejects: 16 hours and more. */
function offsetAt(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if (sign === UPPER_Z) {
    return at + 1 === text.length ? 0 : Number.NaN;
  }
  const hours = twoDigits(text, at + 1);
  const colon = text.charCodeAt(at + 3) === COLON ? 1 : 0;
  const minutes = at + 3 === text.length ? 0 : twoDigits(text, at + 3 + colon);
  const hasSeconds = colon === 1 && text.charCodeAt(at + 6) === COLON && at + 9 === text.length;
  const seconds = hasSeconds ? twoDigits(text, at + 7) : 0;
  const ends = at + 3 === text.length || at + 5 + colon === text.length || (hasSeconds && seconds < 60);
  const signed = (hours * 60 + minutes + seconds / 60) * (sign === MINUS ? -1 : 1);
  return ends && (sign === MINUS || sign === 43) && hours < 16 && minutes < 60 ? signed : Number.NaN;
}
