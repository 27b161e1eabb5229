import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { type TimeZone, timeZone } from '../text/time-zone.ts';
import { encodingOf } from './encoding.ts';
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
   * The time zone of timestamps without an offset, an IANA name or an offset; if omitted, they are rejected. The server
   * converts: a time skipped when clocks go forward is read with the offset before the change, an ambiguous time is the
   * second one.
   */
  timezone?: string;
  /**
   * The encoding of the bytes, a label such as `windows-1252` or `utf-16`; a byte order mark wins. By default UTF-8, and
   * UTF-16 where the bytes show it.
   * @see https://encoding.spec.whatwg.org/#names-and-labels
   */
  encoding?: string;
  /** One character; by default the one of `,`, `;` and tab that is most frequent in the header. */
  delimiter?: string;
  /** The decimal separator; a dot by default. */
  decimal?: '.' | ',';
  /** Receives rejected lines unchanged, below the header, so that the others are imported; the caller ends it. Only for one source. */
  skipBad?: Writable;
  /** Generates new public ids for the datapoints of an export, so that it can be imported a second time. */
  newIds?: boolean;
}

/**
 * Checks a request, and returns its time zone.
 * @throws InvalidInputError for an unusable time zone, encoding or delimiter
 */
export function checkRequest({ timezone, delimiter, encoding = 'utf-8' }: ImportRequest): TimeZone | undefined {
  encodingOf(encoding);
  const zone = timezone === undefined ? undefined : timeZone(timezone, 'The request');
  if (delimiter !== undefined && !/^[^"\r\n]$/u.test(delimiter)) {
    throw new InvalidInputError(`The delimiter must be one character other than a quote, not "${delimiter}".`, {
      hint: 'Use a comma, a semicolon or a tab.',
    });
  }
  return zone;
}
