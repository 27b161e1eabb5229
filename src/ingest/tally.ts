import { uuidv7 } from '../entities/uuid.ts';
import { counted, grouped } from '../text/counted.ts';
import type { Rejection } from './bad-lines.ts';
import type { NamedEvent } from './event-names.ts';
import type { Timestamp } from './time/timestamp.ts';
import { noTimestamps } from './time/timestamp-counts.ts';

/** How many events with values outside of their range a note names. */
const MAX_NAMED = 3;

/** What an import has read of one event. */
export interface EventRows {
  event: NamedEvent;
  /** The first and the last timestamp of the rows without a public id of their own; `undefined` if all have one. */
  first: Timestamp | undefined;
  last: Timestamp | undefined;
  /** Whether each of them is later than the one before it. */
  rising: boolean;
  /** Values below the minimum or above the maximum of the event. */
  outOfRange: number;
}

/** Counts what an import has read so far. */
export class Tally {
  /** Rows encoded. */
  rows = 0;
  /** Lines rejected. */
  bad = 0;
  /** Bytes of text read. */
  bytes = 0;
  /** Values that are missing; without the empty cells of a wide file. */
  missing = 0;
  /** Why values were rejected. */
  rejections: readonly Rejection[] = [];
  /** Whether rows have a public id of their own. */
  withIds = false;
  /** Less than every public id that is generated for a row. */
  leastId = uuidv7();
  /** What the rows belong to, by public id. */
  readonly events = new Map<string, EventRows>();
  /** What the user should know about how the file was read. */
  readonly notes = new Set<string>();
  readonly timestamps = noTimestamps();
  #unwatched: EventRows[] = [];
  #first: Timestamp | undefined;
  #last: Timestamp | undefined;

  /** Starts again, for a further import from the same file. */
  reset(): void {
    this.rows = 0;
    this.bad = 0;
    this.missing = 0;
    this.rejections = [];
    this.withIds = false;
    this.leastId = uuidv7();
    this.events.clear();
    this.notes.clear();
    Object.assign(this.timestamps, noTimestamps());
    this.#unwatched = [];
    this.#first = undefined;
    this.#last = undefined;
  }

  /** Passes the pieces on and counts their bytes. */
  async *countBytes(source: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
    for await (const piece of source) {
      this.bytes += piece.length;
      yield piece;
    }
  }

  /**
   * Counts one datapoint.
   * @param value as PostgreSQL reads it
   * @param hasId whether it has a public id of its own
   */
  addValue(event: NamedEvent, timestamp: Timestamp, value: string, hasId: boolean): void {
    let rows = this.events.get(event.publicId);
    if (rows === undefined) {
      rows = { event, first: undefined, last: undefined, rising: true, outOfRange: 0 };
      this.events.set(event.publicId, rows);
    }
    if (isOutOfRange(value, event)) {
      rows.outOfRange++;
    }
    if (hasId) {
      this.withIds = true;
    } else if (rows.first === undefined || rows.last === undefined) {
      rows.first = timestamp;
      rows.last = timestamp;
      this.#unwatched.push(rows);
    } else if (timestamp.microseconds > rows.last.microseconds) {
      rows.last = timestamp;
    } else {
      rows.rising = false;
      rows.first = timestamp.microseconds < rows.first.microseconds ? timestamp : rows.first;
    }
  }

  /** How many values are outside of the range of their event, by its name. */
  get outOfRange(): Record<string, number> {
    const events = [...this.events.values()].filter(({ outOfRange }) => outOfRange > 0);
    return Object.fromEntries(events.map(({ event, outOfRange }) => [event.name, outOfRange]));
  }

  /** Whether there are events for `takeUnwatched`. */
  get hasUnwatched(): boolean {
    return this.#unwatched.length > 0;
  }

  /** Returns the events whose first row without a public id has been read since the last call. */
  takeUnwatched(): EventRows[] {
    const events = this.#unwatched;
    this.#unwatched = [];
    return events;
  }

  addRows({ timestamp, rows }: { timestamp?: Timestamp; rows: number }): void {
    this.rows += rows;
    if (timestamp && rows > 0) {
      if (!this.#first || timestamp.microseconds < this.#first.microseconds) {
        this.#first = timestamp;
      }
      if (!this.#last || timestamp.microseconds > this.#last.microseconds) {
        this.#last = timestamp;
      }
    }
  }

  /** The first and the last timestamp, as they were written; none without rows. */
  get extremes(): string[] {
    return [this.#first, this.#last].flatMap((timestamp) => timestamp?.text ?? []);
  }
}

/** NaN is not: it is not a value. */
function isOutOfRange(text: string, { minValue = -Infinity, maxValue = Infinity }: NamedEvent): boolean {
  const value = Number(text);
  // JavaScript does not read `inf`, nor `infinity` in another case.
  return Number.isNaN(value) && /inf/i.test(text)
    ? text.startsWith('-')
      ? minValue > -Infinity
      : maxValue < Infinity
    : value < minValue || value > maxValue;
}

/** What the user should know about values outside of the range of their event. */
export function outOfRangeNotes(outOfRange: Record<string, number>): string[] {
  const events = Object.entries(outOfRange).sort(([, one], [, other]) => other - one);
  const named = events.slice(0, MAX_NAMED).map(([name, count]) => `${name} (${grouped(count)})`);
  const more = events.length - named.length;
  const others = more > 0 ? ` and ${counted(more, 'more event')}` : '';
  return more + named.length === 0 ? [] : [`values outside the range of their event: ${named.join(', ')}${others}.`];
}
