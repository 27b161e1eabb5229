import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import type { NamedEvent } from './event-names.ts';

/** What to import, and how to read it. */
export interface ImportRequest {
  /** The events that a file may name: all of the database. */
  events: readonly NamedEvent[];
  /** The event of all rows, for a file that does not name it. */
  eventPublicId?: string;
  /** The experiment of all rows; none if omitted. */
  experimentPublicId?: string;
  /**
   * The IANA name of the time zone of timestamps without an offset; if omitted, such timestamps are rejected. The server
   * converts: a time skipped when clocks go forward is read with the offset before the change, an ambiguous time is the
   * second one.
   */
  timezone?: string;
  /** One character; by default the one of `,`, `;` and tab that is most frequent in the header. */
  delimiter?: string;
  /** The decimal separator; a dot by default. */
  decimal?: '.' | ',';
  /** Receives rejected lines unchanged, below the header, so that the others are imported; the caller ends it. */
  skipBad?: Writable;
  /** Generates new public ids for the datapoints of an export, so that it can be imported a second time. */
  newIds?: boolean;
}

/** @throws InvalidInputError for an unusable time zone or delimiter */
export function checkRequest({ timezone, delimiter }: ImportRequest): void {
  if (timezone !== undefined && !isTimezone(timezone)) {
    throw new InvalidInputError(`There is no time zone "${timezone}".`, {
      hint: 'Use an IANA name such as UTC or Europe/Berlin.',
    });
  }
  if (delimiter !== undefined && !/^[^"\r\n]$/u.test(delimiter)) {
    throw new InvalidInputError(`The delimiter must be one character other than a quote, not "${delimiter}".`, {
      hint: 'Use a comma, a semicolon or a tab.',
    });
  }
}

/** PostgreSQL would also accept POSIX zones, in which +01 is west of Greenwich. */
function isTimezone(name: string): boolean {
  try {
    return /^[a-z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
