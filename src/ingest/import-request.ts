import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import type { CreationRequest } from './creation.ts';
import type { OnDuplicate } from './duplicates.ts';
import { encodingOf } from './encoding.ts';
import type { NamedEvent } from './event-names.ts';
import type { ReadingOptions } from './plan/reading-options.ts';
import { timestampRules } from './time/timestamp-rules.ts';

/** What to import, and how to read it. */
export interface ImportRequest extends ReadingOptions {
  /** The events that a file may name: all of the database. */
  events: readonly NamedEvent[];
  /** The event of all rows, for a file that does not name it. */
  eventPublicId?: string;
  /** The name of that event, if it does not exist and is to be created. */
  newEvent?: string;
  /** The experiment of all rows; none if omitted. */
  experimentPublicId?: string;
  /**
   * Receives what is rejected, below the header, so that the rest is imported; the caller ends it. Of a line with a column
   * per event, only the bad cells are rejected. Only for one source.
   */
  skipBad?: Writable;
  /** The share of all values, from 0 to 1, of which more must not be rejected; 0.1 by default. */
  maxBad?: number;
  /** Generates new public ids for the datapoints of an export, so that it can be imported a second time. */
  newIds?: boolean;
  /** What to do with datapoints of an event and a moment that are there already; `error` by default. */
  onDuplicate?: OnDuplicate;
  /** What to create besides datapoints; without it, unknown events are refused. */
  create?: CreationRequest;
}

/**
 * Checks a request before anything is read.
 * @throws InvalidInputError for an unusable time zone, time format, encoding or delimiter
 */
export function checkRequest(request: ImportRequest): void {
  const { delimiter, encoding = 'utf-8' } = request;
  encodingOf(encoding);
  if (request.create?.experiment !== undefined && request.experimentPublicId !== undefined) {
    throw new InvalidInputError('The rows can belong to an existing experiment or to a new one, not to both.');
  }
  timestampRules(request);
  if (delimiter !== undefined && !/^[^"\r\n]$/u.test(delimiter)) {
    throw new InvalidInputError(`The delimiter must be one character other than a quote, not "${delimiter}".`, {
      hint: 'Use a comma, a semicolon or a tab.',
    });
  }
}
