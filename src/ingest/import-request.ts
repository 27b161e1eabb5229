import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import type { NamedEvent } from './event-names.ts';

/** What to import, and how to read it. */
export interface ImportRequest {
  /** The events that a file may name: all of the database. */
  events: readonly NamedEvent[];
  /** The event of all rows, for a file that does not name it. */
  eventPublicId?: string;
  /** The experiment that all rows belong to; none where left out. */
  experimentPublicId?: string;
  /**
   * The IANA name of the time zone of timestamps without an offset; where left out, such timestamps are bad. The server
   * converts: a time that was skipped when the clock went forward counts from before the change, a time that came twice
   * is the second one.
   */
  timezone?: string;
  /** One character; where left out, what the header has most of: `,`, `;` or tab. */
  delimiter?: string;
  /** What stands before the fraction of a number; a point where left out. */
  decimal?: '.' | ',';
  /** Bad lines are written here as they were, below the header, and the others imported; ending it is the caller's. */
  skipBad?: Writable;
  /** Makes fresh public ids for the datapoints of an export, so that it can be imported beside itself. */
  newIds?: boolean;
}

/** @throws InvalidInputError for an unusable time zone or delimiter */
export function checkRequest({ timezone, delimiter }: ImportRequest): void {
  if (timezone !== undefined && !isTimezone(timezone)) {
    throw new InvalidInputError(`There is no time zone "${timezone}".`, {
      hint: 'Give an IANA name, such as UTC or Europe/Berlin.',
    });
  }
  if (delimiter !== undefined && !/^[^"\r\n]$/u.test(delimiter)) {
    throw new InvalidInputError(`The delimiter must be one character other than a quote, not "${delimiter}".`, {
      hint: 'Usual are a comma, a semicolon, and a tab.',
    });
  }
}

/** PostgreSQL would also take POSIX zones, in which +01 is west of Greenwich. */
function isTimezone(name: string): boolean {
  try {
    return /^[a-z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
