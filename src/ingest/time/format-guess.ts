import { candidatesFor } from './format-candidates.ts';
import type { Clock, TimeFormat } from './time-format.ts';

/** Neighbouring rows are not most of a year apart in the one reading, and days in the other, unless the other is right. */
const [FAR, NEAR] = [300 * 86_400_000, 40 * 86_400_000];
const ELAPSED = /^[+-]?(?:\d{1,19}(?:[.,]\d*)?(?:e[+-]?\d{1,2})?|\d{1,6}:[0-5]\d:[0-5]\d(?:[.,]\d+)?)$/i;

/** A text that can be read in several ways, and how. */
export interface Ambiguity {
  text: string;
  /** `local` is the time as ISO 8601, without an offset. */
  readings: { format: TimeFormat; local: string }[];
}

/**
 * Finds the formats that all timestamps of a file have in common.
 *
 * Texts that no format reads which also reads the others, such as a footer, do not count: they are refused when they are read.
 * Times since a start are not among the formats, for the start is not in the file.
 */
export class TimeFormatGuess {
  /** Texts that the formats read, and texts that they do not. */
  read = 0;
  unread = 0;
  ambiguity: Ambiguity | undefined;
  #candidates: Candidate[] = [];
  #elapsed = true;
  #last = '';

  /** @param text one timestamp of the file, in the order of the file; empty ones do not count */
  add(given: string): void {
    const text = given.trim();
    if (text === '' || text === this.#last) {
      return;
    }
    this.#last = text;
    this.#elapsed &&= ELAPSED.test(text);
    if (this.#candidates.length === 0) {
      this.#startWith(text);
    }
    const [first, second] = this.#candidates;
    const left = second ? this.#candidates.filter((one) => one.reads(text)) : first?.reads(text) ? [first] : [];
    if (left.length === 0) {
      this.unread++;
      // The first text may be a damaged one.
      if (this.unread > this.read && this.#startWith(text)) {
        [this.read, this.unread] = [1, this.unread - 1];
      }
      return;
    }
    this.read++;
    this.#candidates = left;
    if (left.length > 1) {
      this.#compare(text);
    }
  }

  /**
   * The formats that read all texts, each to different times than the others: several mean that the file does not tell. Of
   * formats that read all texts to the same times, it has the simplest.
   */
  get formats(): readonly TimeFormat[] {
    return this.#candidates
      .filter((one, at) => !this.#candidates.slice(0, at).some((other) => !one.differsFrom.has(other)))
      .map(({ format }) => format);
  }

  /**
   * All formats that read all texts. If more texts follow, formats that have read the same times so far can differ yet:
   * `05/05/2026` does not tell whether the day or the month is first.
   */
  get possible(): readonly TimeFormat[] {
    return this.#candidates.map(({ format }) => format);
  }

  /** Whether all texts are numbers, or hours, minutes and seconds, which can be the time since a start. */
  get elapsed(): boolean {
    return this.#elapsed && this.#last !== '';
  }

  /** Returns whether there are formats that read the text. */
  #startWith(text: string): boolean {
    const candidates = candidatesFor(text).map((format) => new Candidate(format));
    if (candidates.length > 0) {
      this.#candidates = candidates.filter((one) => one.reads(text));
      this.ambiguity = undefined;
    }
    return candidates.length > 0;
  }

  #compare(text: string): void {
    const isFar = this.#candidates.map(({ step }) => step >= FAR);
    if (isFar.includes(true) && this.#candidates.some(({ step }) => step <= NEAR)) {
      this.#candidates = this.#candidates.filter((_one, at) => !isFar[at]);
    }
    for (const [at, one] of this.#candidates.entries()) {
      for (const other of this.#candidates.slice(0, at)) {
        if (one.milliseconds !== other.milliseconds) {
          one.differsFrom.add(other);
        }
      }
    }
    this.ambiguity ??= this.#candidates.some(({ differsFrom }) => differsFrom.size > 0)
      ? {
          text,
          readings: this.#candidates.map(({ format, milliseconds }) => ({ format, local: localText(milliseconds) })),
        }
      : undefined;
  }
}

/** A format that may be the one, and how it read the last text. */
class Candidate {
  readonly format: TimeFormat;
  /** Simpler ones that have read a text to another time. */
  readonly differsFrom = new Set<Candidate>();
  milliseconds = Number.NaN;
  /** From the text before. */
  step = Number.NaN;

  constructor(format: TimeFormat) {
    this.format = format;
  }

  reads(text: string): boolean {
    const clock = this.format.parse(text);
    if (!clock) {
      return false;
    }
    const milliseconds = instantOf(clock);
    this.step = Math.abs(milliseconds - this.milliseconds);
    this.milliseconds = milliseconds;
    return true;
  }
}

function instantOf({ milliseconds, offsetMinutes = 0 }: Clock): number {
  return milliseconds - Math.round(offsetMinutes * 60) * 1000;
}

function localText(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .replace(/(?:\.000)?Z$/, '')
    .replace('T', ' ');
}
