import { unescapeCopyText } from '../database/copy-escape.ts';
import type { RowSink } from '../database/copy-out.ts';
import { csvField, type EventColumns } from './event-columns.ts';
import type { Lane } from './lanes.ts';

export const CSV_HEADER = 'timestamp,event_name,event_public_id,value,unit,datapoint_public_id\n';

const TAB = 0x09;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_T = 0x54;
const BACKSLASH = 0x5c;
/** A time stamp grows by at most a fraction's five zeros and the offset's `:00`. */
const TIMESTAMP_GROWTH = 8;
/** The longest public id of all quotes, each of which becomes two, and a pair around them. */
const PUBLIC_ID_GROWTH = 102;

/**
 * Turns the rows of `sliceQuery` into rows of the CSV: the time stamp becomes ISO 8601 and the event's public_id
 * becomes its name, public_id and unit. All else is copied as PostgreSQL printed it, quoted where CSV wants that. To have the server do the same
 * (`to_char`, a join) costs it more than twice as long as it takes here, and the server is what an export waits for.
 */
export class CsvRows implements RowSink {
  readonly #events: EventColumns;
  readonly #lane: Lane;

  constructor(events: EventColumns, lane: Lane) {
    this.#events = events;
    this.#lane = lane;
  }

  room(): Promise<void> | undefined {
    return this.#lane.room();
  }

  row(bytes: Buffer, start: number, end: number): void {
    const chunk = this.#lane.chunk(end - start + TIMESTAMP_GROWTH + PUBLIC_ID_GROWTH + this.#events.longest);
    const out = chunk.bytes;

    let from = start;
    while (bytes[from] !== TAB) {
      from++;
    }
    let to = writeTimestamp(bytes, start, from, out, chunk.length);

    const key = ++from;
    while (bytes[from] !== TAB) {
      from++;
    }
    const event = this.#events.find(bytes, key, from);
    out.set(event.beforeValue, to);
    to += event.beforeValue.length;

    for (from++; bytes[from] !== TAB; from++) {
      out[to++] = bytes[from] ?? 0;
    }
    out.set(event.afterValue, to);
    to += event.afterValue.length;

    chunk.length = writePublicId(bytes, from + 1, end, out, to);
    chunk.rows++;
  }
}

/** Writes the last field and the line end; returns where that ends. */
function writePublicId(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  for (let from = start; from < end; from++) {
    const byte = bytes[from] ?? 0;
    if (byte === COMMA || byte === QUOTE || byte === BACKSLASH) {
      return writeQuoted(bytes, start, end, out, at);
    }
    out[to++] = byte;
  }
  return to === at + 1 ? writeQuoted(bytes, start, end, out, at) : to;
}

/** Public ids are UUIDs, but need not be. */
function writeQuoted(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  return at + out.write(`${csvField(unescapeCopyText(bytes.toString('utf8', start, end - 1)))}\n`, at);
}

/**
 * Writes `2026-01-01 00:00:00.5+00` as `2026-01-01T00:00:00.500000+00:00`; returns where it ends. What has no such form
 * (`infinity`, years before 1 or after 9999) stays as PostgreSQL prints it, which PostgreSQL also reads.
 */
function writeTimestamp(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let from = start;
  let to = at;
  const plain = bytes[start + 4] === DASH && bytes[start + 10] === SPACE && bytes[end - 3] === PLUS;
  if (!plain) {
    while (from < end) {
      out[to++] = bytes[from++] ?? 0;
    }
    return to;
  }
  const seconds = start + 19;
  while (from < seconds) {
    out[to++] = bytes[from++] ?? 0;
  }
  out[at + 10] = LETTER_T;
  if (bytes[from] === DOT) {
    const fraction = to + 7;
    while (bytes[from] !== PLUS) {
      out[to++] = bytes[from++] ?? 0;
    }
    while (to < fraction) {
      out[to++] = ZERO;
    }
  }
  out[to] = PLUS;
  out[to + 1] = ZERO;
  out[to + 2] = ZERO;
  out[to + 3] = COLON;
  out[to + 4] = ZERO;
  out[to + 5] = ZERO;
  return to + 6;
}
