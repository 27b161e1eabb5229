import { unescapeCopyText } from '../database/copy-escape.ts';
import type { RowSink } from '../database/copy-out.ts';
import { csvField, type EventColumns } from './event-columns.ts';
import type { SliceBuffer } from './reorder-buffer.ts';

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
/** A timestamp grows by at most five zeros of a fraction and the `:00` of the offset. */
const TIMESTAMP_GROWTH = 8;
/** The longest public id, if it consists of quotes: each is doubled, and a pair is put around them. */
const PUBLIC_ID_GROWTH = 102;

/**
 * Turns the rows of `sliceQuery` into CSV rows: the timestamp becomes ISO 8601, and the public_id of the event becomes its
 * name, public_id and unit. The rest is copied as PostgreSQL prints it, quoted where CSV requires it. On the server the same
 * (`to_char`, a join) takes more than twice as long as here, and the server is the bottleneck of an export.
 */
export class CsvRows implements RowSink {
  readonly #events: EventColumns;
  readonly #slice: SliceBuffer;

  constructor(events: EventColumns, slice: SliceBuffer) {
    this.#events = events;
    this.#slice = slice;
  }

  room(): Promise<void> | undefined {
    return this.#slice.room();
  }

  row(bytes: Buffer, start: number, end: number): void {
    const chunk = this.#slice.chunk(end - start + TIMESTAMP_GROWTH + PUBLIC_ID_GROWTH + this.#events.longest);
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

/** Writes the last field and the line end; returns the end position. */
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

/** Public ids are usually UUIDs, but any text is allowed. */
function writeQuoted(bytes: Buffer, start: number, end: number, out: Buffer, at: number): number {
  return at + out.write(`${csvField(unescapeCopyText(bytes.toString('utf8', start, end - 1)))}\n`, at);
}

/**
 * Writes `2026-01-01 00:00:00.5+00` as `2026-01-01T00:00:00.500000+00:00`; returns the end position. A timestamp without
 * such a form (`infinity`, years before 1 or after 9999) is copied as PostgreSQL prints it, which PostgreSQL also reads.
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
