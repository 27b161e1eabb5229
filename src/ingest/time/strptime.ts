import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { DAY, dayNumber, dayOfYear, weekdayOf } from './calendar.ts';
import type { Clock, TimeFormat } from './clock.ts';
import {
  AFTERNOON,
  DAY_OF_MONTH,
  DAY_OF_YEAR,
  FRACTION,
  fraction,
  HOUR,
  HOUR_OF_TWELVE,
  LETTERS,
  type Letter,
  MINUTE,
  MONTH,
  OFFSET,
  SECOND,
  SHORTHANDS,
  type Step,
  WEEKDAY,
  YEAR,
} from './strptime-letters.ts';

const BLANK = /[\s\u00a0\u202f]/;
const BLANKS = /[\s\u00a0\u202f]+/y;

/** The steps of a format, and the parts of a time that they read. */
interface Program {
  steps: Step[];
  parts: Set<number>;
  /** How many steps, up to one of a separator, read the date and nothing else; 0 if there are none. */
  dateSteps: number;
}

/**
 * Compiles the letters of strptime to one step each, and reads as Python does, with these differences: seconds may have a
 * fraction though the format has none, and none though it has one; a dot, a comma and a colon before it are the same, and a
 * colon needs 3, 6 or 9 digits; `24:00` is the end of the day; a weekday must be that of the date.
 * @throws InvalidInputError
 */
export function strptimeFormat(name: string): TimeFormat {
  return new StrptimeFormat(name, compile(name));
}

class StrptimeFormat implements TimeFormat {
  readonly name: string;
  readonly #steps: readonly Step[];
  readonly #dayOfYear: boolean;
  readonly #weekday: boolean;
  readonly #ofTwelve: boolean;
  readonly #dateSteps: number;
  readonly #values = new Float64Array(OFFSET + 1);
  /** The text of the date that was read last, with the character after it. */
  #date = '';
  #dateMilliseconds = Number.NaN;

  constructor(name: string, { steps, parts, dateSteps }: Program) {
    this.name = name;
    this.#steps = steps;
    this.#dayOfYear = parts.has(DAY_OF_YEAR);
    this.#weekday = parts.has(WEEKDAY);
    this.#ofTwelve = parts.has(HOUR_OF_TWELVE);
    this.#dateSteps = dateSteps;
    this.#values[OFFSET] = parts.has(OFFSET) ? 0 : Number.NaN;
  }

  parse(text: string): Clock | undefined {
    const values = this.#values;
    let at = 0;
    let step = 0;
    // Neighbouring rows are mostly of one day.
    if (this.#date !== '' && text.startsWith(this.#date)) {
      at = this.#date.length - 1;
      step = this.#dateSteps;
    }
    const lastOfDate = step > 0 ? 0 : this.#dateSteps;
    for (; step < this.#steps.length; step++) {
      if (step === lastOfDate && step > 0) {
        this.#dateMilliseconds = this.#readDate();
        this.#date = Number.isNaN(this.#dateMilliseconds) ? '' : text.slice(0, at + 1);
      }
      at = this.#steps[step]?.(text, at, values) ?? -1;
      if (at < 0) {
        return undefined;
      }
    }
    const date = this.#dateSteps === 0 ? this.#readDate() : this.#dateMilliseconds;
    const seconds = this.#readTimeOfDay();
    if (at !== text.length || Number.isNaN(date) || Number.isNaN(seconds)) {
      return undefined;
    }
    const fraction = values[FRACTION] ?? 0;
    const milliseconds = Math.floor(fraction / 1e6);
    const offset = values[OFFSET] ?? Number.NaN;
    return {
      milliseconds: date + seconds * 1000 + milliseconds,
      nanoseconds: fraction - milliseconds * 1e6,
      offsetMinutes: Number.isNaN(offset) ? undefined : offset,
    };
  }

  /** NaN if there is no such date. */
  #readDate(): number {
    const [year = 0, month = 0, day = 0, ofYear = 0, weekday = 0] = this.#values;
    const days = this.#dayOfYear ? dayOfYear(year, ofYear) : dayNumber(year, month, day);
    return this.#weekday && weekdayOf(days) !== weekday ? Number.NaN : days * DAY;
  }

  /** NaN if there is no such time. */
  #readTimeOfDay(): number {
    const values = this.#values;
    const minute = values[MINUTE] ?? 0;
    const second = values[SECOND] ?? 0;
    let hour = values[HOUR] ?? 0;
    if (this.#ofTwelve) {
      const ofTwelve = values[HOUR_OF_TWELVE] ?? 0;
      hour = ofTwelve < 1 || ofTwelve > 12 ? Number.NaN : (ofTwelve % 12) + (values[AFTERNOON] ?? 0);
    }
    const endsDay = hour === 24 && minute === 0 && second === 0 && values[FRACTION] === 0;
    return (hour > 23 && !endsDay) || minute > 59 || second > 59 ? Number.NaN : (hour * 60 + minute) * 60 + second;
  }
}

function compile(format: string): Program {
  const steps: Step[] = [];
  const parts = new Set<number>();
  let wasNumber = false;
  let endOfDate = 0;
  let startOfTime = Number.POSITIVE_INFINITY;
  // As in C, a blank stands for any number of them.
  const text = format.trim().replace(/%([TRDF])/g, (all, letter) => SHORTHANDS.get(letter) ?? all);
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const rest = text.slice(at + 1);
    if (character !== '%' || rest.startsWith('%')) {
      wasNumber = false;
    }
    if (character === '%' && !rest.startsWith('%')) {
      const { part, step: narrow, whole } = letterOf(rest, format, parts);
      const isNextToNumber = wasNumber || LETTERS.get(/^.%(.)/.exec(rest)?.[1] ?? '')?.whole !== undefined;
      const step = isNextToNumber && whole ? whole : narrow;
      wasNumber = whole !== undefined;
      parts.add(part);
      at++;
      if (part < HOUR) {
        endOfDate = steps.push(step);
      } else {
        startOfTime = Math.min(startOfTime, steps.push(step));
      }
      if (part === SECOND && !/^[.,:]?%f/.test(rest.slice(1))) {
        steps.push(/^[.,]/.test(rest.slice(1)) ? noFraction : optionalFraction('.,'));
      }
    } else if (/^[.,:]$/.test(character) && rest.startsWith('%f') && parts.has(SECOND)) {
      refuseTwice(parts, FRACTION, 'f', format);
      parts.add(FRACTION);
      steps.push(optionalFraction('.,:'));
      at += 2;
    } else if (BLANK.test(character)) {
      steps.push(blanks);
      at += (/^[\s\u00a0\u202f]*/.exec(rest)?.[0] ?? '').length;
    } else {
      at += character === '%' ? 1 : 0;
      steps.push(literal(character));
    }
  }
  refuseIncomplete(parts, format);
  const dateIsFirst = endOfDate + 1 < startOfTime && endOfDate < steps.length;
  return { steps, parts, dateSteps: dateIsFirst ? endOfDate : 0 };
}

function letterOf(rest: string, format: string, parts: ReadonlySet<number>): Letter {
  const letter = [...rest][0] ?? '';
  const known = LETTERS.get(letter);
  if (!known) {
    const what = letter === '' ? 'ends in %' : `has the unknown letter %${letter}`;
    throw new InvalidInputError(`The time format ${excerpt(format)} ${what}.`, {
      hint: `The letters are ${[...LETTERS.keys(), ...SHORTHANDS.keys()].map((one) => `%${one}`).join(' ')} and %%.`,
    });
  }
  refuseTwice(parts, known.part, letter, format);
  return known;
}

function refuseTwice(parts: ReadonlySet<number>, part: number, letter: string, format: string): void {
  if (parts.has(part)) {
    throw new InvalidInputError(`The time format ${excerpt(format)} has %${letter} or an equivalent twice.`, {
      hint: 'Each part of a time can be read once.',
    });
  }
}

function refuseIncomplete(parts: ReadonlySet<number>, format: string): void {
  const missing = [
    [!parts.has(YEAR), 'the year: %Y or %y'],
    [!parts.has(DAY_OF_YEAR) && !parts.has(MONTH), 'the month: %m or %b'],
    [!parts.has(DAY_OF_YEAR) && !parts.has(DAY_OF_MONTH), 'the day: %d'],
    [parts.has(MINUTE) && !parts.has(HOUR) && !parts.has(HOUR_OF_TWELVE), 'the hour: %H, or %I with %p'],
    [parts.has(SECOND) && !parts.has(MINUTE), 'the minute: %M'],
    [parts.has(FRACTION) && !parts.has(SECOND), 'the second: %S'],
    [parts.has(HOUR_OF_TWELVE) && !parts.has(AFTERNOON), 'morning or afternoon: %p'],
  ].flatMap(([isMissing, what]) => (isMissing ? [what] : []));
  if (missing.length > 0) {
    throw new InvalidInputError(`The time format ${excerpt(format)} does not have ${missing.join('; ')}.`);
  }
  if (parts.has(AFTERNOON) && !parts.has(HOUR_OF_TWELVE)) {
    throw new InvalidInputError(`The time format ${excerpt(format)} has %p without %I.`, {
      hint: 'Use %I for hours from 1 to 12.',
    });
  }
  if (parts.has(DAY_OF_YEAR) && (parts.has(MONTH) || parts.has(DAY_OF_MONTH))) {
    throw new InvalidInputError(`The time format ${excerpt(format)} has both %j and the day of a month.`);
  }
}

function literal(character: string): Step {
  const [lower, upper] = [character.toLowerCase().charCodeAt(0), character.toUpperCase().charCodeAt(0)];
  return (text, at) => {
    const code = text.charCodeAt(at);
    return code === lower || code === upper ? at + 1 : -1;
  };
}

function blanks(text: string, at: number): number {
  if (text.charCodeAt(at) === 32 && text.charCodeAt(at + 1) > 32 && text.charCodeAt(at + 1) < 127) {
    return at + 1;
  }
  BLANKS.lastIndex = at;
  return BLANKS.test(text) ? BLANKS.lastIndex : -1;
}

function noFraction(_text: string, at: number, parts: Float64Array): number {
  parts[FRACTION] = 0;
  return at;
}

/** Loggers leave out the fraction where it is zero. A colon before less than milliseconds may mean another unit. */
function optionalFraction(separators: string): Step {
  return (text, at, parts) => {
    parts[FRACTION] = 0;
    const separator = text.charAt(at);
    if (separator === '' || !separators.includes(separator)) {
      return at;
    }
    const end = fraction(text, at + 1, parts);
    return separator === ':' && (end - at - 1) % 3 !== 0 ? -1 : end;
  };
}
