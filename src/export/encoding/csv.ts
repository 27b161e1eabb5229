import { unescapeCopyText } from '../../database/copy-escape.ts';
import type { Column, Encoding, RecordEncoder } from '../form.ts';
import type { Chunk, SliceBuffer } from '../reorder-buffer.ts';
import { TIME_GROWTH, type WriteTime } from '../time-text.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
/** A text that is quoted grows by a pair of quotes, and by each quote in it. */
const QUOTED_GROWTH = 2;

/** CSV as COPY writes it: UTF-8, LF line ends, a header. */
export class Csv implements Encoding {
  readonly #writeTime: WriteTime;

  constructor(writeTime: WriteTime) {
    this.#writeTime = writeTime;
  }

  head(columns: readonly Column[]): Buffer {
    return Buffer.from(`${columns.map(({ title }) => csvField(title)).join(',')}\n`);
  }

  cell(text: string | null): Buffer {
    return Buffer.from(csvField(text));
  }

  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder {
    return new CsvEncoder(this.#writeTime, columns.length, output);
  }
}

class CsvEncoder implements RecordEncoder {
  readonly #writeTime: WriteTime;
  readonly #output: SliceBuffer;
  /** What the cells of a record may need more than as they are given. */
  readonly #growth: number;
  #chunk: Chunk | undefined;
  #out: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(writeTime: WriteTime, columns: number, output: SliceBuffer) {
    this.#writeTime = writeTime;
    this.#growth = TIME_GROWTH + columns * (1 + QUOTED_GROWTH);
    this.#output = output;
  }

  room(): Promise<void> | undefined {
    return this.#output.room();
  }

  begin(bytes: number): void {
    // A text may consist of quotes.
    this.#chunk = this.#output.chunk(2 * bytes + this.#growth);
    this.#out = this.#chunk.bytes;
    this.#at = this.#chunk.length;
  }

  time(bytes: Buffer, start: number, end: number): void {
    this.#at = this.#writeTime(bytes, start, end, this.#out, this.#at);
    this.#out[this.#at++] = COMMA;
  }

  number(bytes: Buffer, start: number, end: number): void {
    let to = this.#at;
    const out = this.#out;
    for (let from = start; from < end; from++) {
      out[to++] = bytes[from] ?? 0;
    }
    out[to++] = COMMA;
    this.#at = to;
  }

  text(bytes: Buffer, start: number, end: number): void {
    let to = this.#at;
    const out = this.#out;
    let isPlain = end > start;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      isPlain &&= byte !== COMMA && byte !== QUOTE && byte !== BACKSLASH;
      out[to++] = byte;
    }
    if (!isPlain) {
      to = this.#at + out.write(csvField(unescapeCopyText(bytes.toString('utf8', start, end))), this.#at);
    }
    out[to++] = COMMA;
    this.#at = to;
  }

  cell(encoded: Buffer): void {
    let to = this.#at;
    const out = this.#out;
    // Most are so short that a call of `set` takes longer.
    for (let from = 0; from < encoded.length; from++) {
      out[to++] = encoded[from] ?? 0;
    }
    out[to++] = COMMA;
    this.#at = to;
  }

  empty(): void {
    this.#out[this.#at++] = COMMA;
  }

  end(datapoints: number): void {
    if (this.#chunk !== undefined) {
      this.#out[this.#at - 1] = LINE_FEED;
      this.#chunk.length = this.#at;
      this.#chunk.rows++;
      this.#chunk.datapoints += datapoints;
    }
  }
}

/** Quotes as COPY does in CSV: if the value contains a comma, a quote or a line end, or is empty but not NULL. */
export function csvField(value: string | null): string {
  if (value === null) {
    return '';
  }
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
