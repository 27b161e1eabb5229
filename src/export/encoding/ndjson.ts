import { unescapeCopyText } from '../../database/copy-escape.ts';
import type { Column, Encoding, RecordEncoder } from '../form.ts';
import type { Chunk, SliceBuffer } from '../reorder-buffer.ts';
import { TIME_GROWTH, type WriteTime } from '../time-text.ts';
import { isDigit, type NumberForm, numberGrowth, numberWriter, type WriteNumber } from './number-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const BRACE = 0x7d;
const NULL = Buffer.from('null');
/** A control character is six characters as an escape. */
const ESCAPED = 6;

/** One JSON object a line; its keys are the titles of the columns. */
export interface NdjsonForm extends Pick<NumberForm, 'digits'> {
  kind: 'ndjson';
}

/**
 * Numbers are JSON numbers with the digits that PostgreSQL prints; NaN and infinities are strings, as PostgreSQL's `to_json` writes
 * them; missing values are null.
 */
export class Ndjson implements Encoding {
  readonly #form: NdjsonForm;
  readonly #writeTime: WriteTime;
  readonly #timesAreNumbers: boolean;

  constructor(form: NdjsonForm, writeTime: WriteTime, timesAreNumbers: boolean) {
    this.#form = form;
    this.#writeTime = writeTime;
    this.#timesAreNumbers = timesAreNumbers;
  }

  head(): Buffer {
    return Buffer.alloc(0);
  }

  cell(text: string | null): Buffer {
    return Buffer.from(JSON.stringify(text));
  }

  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder {
    return new NdjsonEncoder(this.#form, this.#writeTime, this.#timesAreNumbers, columns, output);
  }
}

class NdjsonEncoder implements RecordEncoder {
  readonly #writeTime: WriteTime;
  readonly #timesAreNumbers: boolean;
  readonly #writeNumber: WriteNumber | undefined;
  readonly #output: SliceBuffer;
  /** What is before the value of each column. */
  readonly #keys: readonly Buffer[];
  /** What a record needs besides its cells. */
  readonly #growth: number;
  #chunk: Chunk | undefined;
  #out: Buffer = Buffer.alloc(0);
  #at = 0;
  #column = 0;

  constructor(
    form: NdjsonForm,
    writeTime: WriteTime,
    timesAreNumbers: boolean,
    columns: readonly Column[],
    output: SliceBuffer,
  ) {
    this.#writeTime = writeTime;
    this.#timesAreNumbers = timesAreNumbers;
    this.#writeNumber = numberWriter(form);
    this.#output = output;
    this.#keys = columns.map(({ title }, at) => Buffer.from(`${at === 0 ? '{' : ','}${JSON.stringify(title)}:`));
    const keys = this.#keys.reduce((sum, key) => sum + key.length, 0);
    this.#growth = keys + TIME_GROWTH + columns.length * (NULL.length + numberGrowth(form)) + 2;
  }

  room(): Promise<void> | undefined {
    return this.#output.room();
  }

  begin(bytes: number): void {
    this.#chunk = this.#output.chunk(ESCAPED * bytes + this.#growth);
    this.#out = this.#chunk.bytes;
    this.#at = this.#chunk.length;
    this.#column = 0;
  }

  time(bytes: Buffer, start: number, end: number): void {
    this.#key();
    const at = this.#at;
    this.#at = this.#writeTime(bytes, start, end, this.#out, at + 1);
    if (this.#timesAreNumbers && isDigit(this.#out[this.#at - 1])) {
      this.#out.copyWithin(at, at + 1, this.#at--);
    } else {
      this.#out[at] = QUOTE;
      this.#out[this.#at++] = QUOTE;
    }
  }

  number(bytes: Buffer, start: number, end: number): void {
    this.#key();
    const isNumber = isDigit(bytes[end - 1]);
    if (!isNumber) {
      this.#out[this.#at++] = QUOTE;
    }
    if (this.#writeNumber !== undefined) {
      this.#at = this.#writeNumber(bytes, start, end, this.#out, this.#at);
    } else {
      this.#copy(bytes, start, end);
    }
    if (!isNumber) {
      this.#out[this.#at++] = QUOTE;
    }
  }

  count(bytes: Buffer, start: number, end: number): void {
    this.#key();
    this.#copy(bytes, start, end);
  }

  text(bytes: Buffer, start: number, end: number): void {
    this.#key();
    let to = this.#at;
    const out = this.#out;
    let isPlain = true;
    out[to++] = QUOTE;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      isPlain &&= byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH;
      out[to++] = byte;
    }
    out[to++] = QUOTE;
    if (!isPlain) {
      to = this.#at + out.write(JSON.stringify(unescapeCopyText(bytes.toString('utf8', start, end))), this.#at);
    }
    this.#at = to;
  }

  cell(encoded: Buffer): void {
    this.#key();
    this.#copy(encoded, 0, encoded.length);
  }

  empty(): void {
    this.cell(NULL);
  }

  end(datapoints: number): void {
    if (this.#chunk !== undefined) {
      this.#out[this.#at++] = BRACE;
      this.#out[this.#at++] = LINE_FEED;
      this.#chunk.length = this.#at;
      this.#chunk.rows++;
      this.#chunk.datapoints += datapoints;
    }
  }

  #key(): void {
    const key = this.#keys[this.#column++];
    if (key !== undefined) {
      this.#copy(key, 0, key.length);
    }
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    let to = this.#at;
    const out = this.#out;
    for (let from = start; from < end; from++) {
      out[to++] = bytes[from] ?? 0;
    }
    this.#at = to;
  }
}
