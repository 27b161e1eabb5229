import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { encodingOf } from './encoding.ts';
import type { NamedEvent } from './event-names.ts';
import { type TimestampOptions, timestampRules } from './time/timestamp-rules.ts';

/** What to import, and how to read it. */
export interface ImportRequest extends TimestampOptions {
  /** The events that a file may name: all of the database. */
  events: readonly NamedEvent[];
  /** The event of all rows, for a file that does not name it. */
  eventPublicId?: string;
  /** The experiment of all rows; none if omitted. */
  experimentPublicId?: string;
  /**
   * The encoding of the bytes, a label such as `windows-1252` or `utf-16`; a byte order mark wins. By default UTF-8, and
   * UTF-16 where the bytes show it.
   * @see https://encoding.spec.whatwg.org/#names-and-labels
   */
  encoding?: string;
  /** One character; by default the one of `,`, `;` and tab that is most frequent in the header. */
  delimiter?: string;
  /** Receives rejected lines unchanged, below the header, so that the others are imported; the caller ends it. Only for one source. */
  skipBad?: Writable;
  /** Generates new public ids for the datapoints of an export, so that it can be imported a second time. */
  newIds?: boolean;
}

/**
 * Checks a request before anything is read.
 * @throws InvalidInputError for an unusable time zone, time format, encoding or delimiter
 */
export function checkRequest(request: ImportRequest): void {
  const { delimiter, encoding = 'utf-8' } = request;
  encodingOf(encoding);
  timestampRules(request);
  if (delimiter !== undefined && !/^[^"\r\n]$/u.test(delimiter)) {
    throw new InvalidInputError(`The delimiter must be one character other than a quote, not "${delimiter}".`, {
      hint: 'Use a comma, a semicolon or a tab.',
    });
  }
}
