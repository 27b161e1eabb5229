import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';

/** A timestamp in a form that PostgreSQL reads, with an offset. */
export interface Timestamp {
  text: string;
  /** Since 1970, for comparison: beyond the year 2255 it is not exact. */
  microseconds: number;
}

/** A timestamp, and what was done for it. */
export interface Reading extends Timestamp {
  /** The second instant of a local time that the order of the rows is to decide. */
  later?: Timestamp;
  rounded: boolean;
  shifted: boolean;
}

/** Rows that far apart are not in the same hour, or day, that the clocks repeat. */
const TWO_DAYS = 172_800_000_000;

/** Rows in an hour that occurs twice, before it is known which of the two they are in. */
interface Undecided {
  text: string;
  first: number;
  last: number;
  microseconds: number;
}

/** Where the rows of one key are. */
interface Progress {
  microseconds: number;
  line: number;
  undecided: Undecided | undefined;
}

/**
 * Decides which instant a repeated local time is, by the order of the rows: they step back once, from the end of the first hour
 * to the start of the second. Rows that never do are undecidable.
 */
export class RowOrder {
  readonly #keys = new Map<string, Progress>();

  /** @throws InvalidInputError if the rows before, which are passed on already, are undecidable */
  decide(reading: Reading, text: string, line: number, key: string): Timestamp | { problem: string } {
    if (!Number.isFinite(reading.microseconds)) {
      return reading;
    }
    let progress = this.#keys.get(key);
    if (!progress) {
      progress = { microseconds: -Infinity, line, undecided: undefined };
      this.#keys.set(key, progress);
    }
    const { later } = reading;
    const isFirst = reading.microseconds > progress.microseconds;
    const chosen = later && !isFirst ? later : reading;
    if (
      chosen.microseconds < progress.microseconds ||
      (later === chosen && later.microseconds === progress.microseconds)
    ) {
      return {
        problem: `${excerpt(text)} is not after the time on line ${progress.line}, and --ambiguous infer needs the rows in the order of time: pass --ambiguous earlier or later`,
      };
    }
    const { undecided } = progress;
    if (undecided && isFirst && (!later || reading.microseconds - undecided.microseconds > TWO_DAYS)) {
      throw undecidable(undecided);
    }
    if (later && isFirst) {
      progress.undecided = undecided
        ? { ...undecided, last: line }
        : { text, first: line, last: line, microseconds: reading.microseconds };
    } else if (later) {
      progress.undecided = undefined;
    }
    progress.microseconds = chosen.microseconds;
    progress.line = line;
    return chosen;
  }

  /** @throws InvalidInputError if the last rows are undecidable */
  finish(): void {
    for (const { undecided } of this.#keys.values()) {
      if (undecided) {
        throw undecidable(undecided);
      }
    }
  }
}

function undecidable({ text, first, last }: Undecided): InvalidInputError {
  const lines = first === last ? `Line ${first} is` : `The lines ${first} to ${last} are`;
  return new InvalidInputError(
    `${lines} in an hour that occurs twice, from ${excerpt(text)}, and no row steps back in it: which of the two it is cannot be inferred.`,
    {
      hint: 'Nothing was imported. Pass --ambiguous earlier or --ambiguous later, or write these times with their offset.',
    },
  );
}
