import { unescapeCopyText } from '../../database/copy-escape.ts';
import type { Changes, Column, Encoding, RecordEncoder } from '../form.ts';
import type { Preamble } from '../preamble.ts';
import type { Chunk, SliceBuffer } from '../reorder-buffer.ts';
import { TIME_GROWTH, type WriteTime } from '../time-text.ts';
import { FormulaGuard } from './formula-guard.ts';
import { type NumberForm, numberGrowth, numberWriter, type WriteNumber } from './number-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = '\ufeff';
/** Below, a call of `set` takes longer than a loop. */
const SET_FROM_BYTES = 20;
/** A text that is quoted grows by a pair of quotes, and by each quote in it. */
const QUOTED_GROWTH = 2;

const DELIMITERS = [',', ';', '|', '\t'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Text with a record on a line: CSV, and TSV, which is CSV with tabs. */
export interface CsvForm extends NumberForm {
  kind: 'csv';
  /** A comma by default. */
  delimiter?: Delimiter;
  /** Whether the titles of the columns come first, as by default. */
  header?: boolean;
  /** Whether it is for a spreadsheet: with a byte order mark, CRLF line ends, and texts that are no formulas. */
  sheet?: boolean;
}

/** CSV as COPY writes it: UTF-8, LF line ends, a header. Other forms of it quote by the same rules. */
export class Csv implements Encoding {
  readonly #guard: FormulaGuard | undefined;
  readonly #form: CsvForm;
  readonly #writeTime: WriteTime;
  readonly #preamble: Preamble;
  readonly #quoting: Quoting;

  /** @param preamble comments above the header */
  constructor(form: CsvForm, writeTime: WriteTime, changes: Changes, preamble: Preamble = []) {
    this.#preamble = preamble;
    this.#form = form;
    this.#writeTime = writeTime;
    this.#guard = form.sheet ? new FormulaGuard(changes) : undefined;
    this.#quoting = { delimiter: form.delimiter ?? ',', hasComments: preamble.length > 0 };
  }

  head(columns: readonly Column[]): Buffer {
    const { header = true, sheet = false } = this.#form;
    const titles = columns.map(({ title }) => {
      const cell = this.cell(title);
      this.#guard?.count(cell);
      return cell.toString();
    });
    const lines = [
      ...this.#preamble.map(([key, value]) => `# ${key}: ${value}`),
      ...(header ? [titles.join(this.#quoting.delimiter)] : []),
    ];
    const end = sheet ? '\r\n' : '\n';
    return Buffer.from(`${sheet ? BYTE_ORDER_MARK : ''}${lines.map((line) => `${line}${end}`).join('')}`);
  }

  cell(text: string | null): Buffer {
    return this.#guard && text !== null
      ? this.#guard.cell(text, (guarded) => csvField(guarded, this.#quoting))
      : Buffer.from(csvField(text, this.#quoting));
  }

  encoder(columns: readonly Column[], output: SliceBuffer): RecordEncoder {
    return new CsvEncoder(this.#form, this.#writeTime, this.#guard, this.#quoting, columns, output);
  }
}

class CsvEncoder implements RecordEncoder {
  readonly #delimiter: number;
  readonly #quoting: Quoting;
  readonly #writeTime: WriteTime;
  readonly #writeNumber: WriteNumber | undefined;
  readonly #guard: FormulaGuard | undefined;
  readonly #endsWithReturn: boolean;
  readonly #output: SliceBuffer;
  /** What the cells of a record may need more than as they are given. */
  readonly #growth: number;
  #chunk: Chunk | undefined;
  #out: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(
    form: CsvForm,
    writeTime: WriteTime,
    guard: FormulaGuard | undefined,
    quoting: Quoting,
    columns: readonly Column[],
    output: SliceBuffer,
  ) {
    this.#quoting = quoting;
    this.#delimiter = quoting.delimiter.charCodeAt(0);
    this.#writeTime = writeTime;
    this.#writeNumber = numberWriter(form);
    this.#guard = guard;
    this.#endsWithReturn = form.sheet ?? false;
    this.#growth = TIME_GROWTH + columns.length * (2 + QUOTED_GROWTH + numberGrowth(form));
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
    this.#out[this.#at++] = this.#delimiter;
  }

  number(bytes: Buffer, start: number, end: number): void {
    if (this.#writeNumber === undefined) {
      this.count(bytes, start, end);
    } else {
      this.#at = this.#writeNumber(bytes, start, end, this.#out, this.#at);
      this.#out[this.#at++] = this.#delimiter;
    }
  }

  count(bytes: Buffer, start: number, end: number): void {
    let to = this.#at;
    const out = this.#out;
    for (let from = start; from < end; from++) {
      out[to++] = bytes[from] ?? 0;
    }
    out[to++] = this.#delimiter;
    this.#at = to;
  }

  text(bytes: Buffer, start: number, end: number): void {
    let to = this.#at;
    const out = this.#out;
    const delimiter = this.#delimiter;
    let isPlain = end > start && !this.#quoting.hasComments && !this.#guard?.suspects(bytes[start]);
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      isPlain &&= byte !== delimiter && byte !== QUOTE && byte !== BACKSLASH;
      out[to++] = byte;
    }
    if (!isPlain) {
      to = this.#at + this.#writeText(unescapeCopyText(bytes.toString('utf8', start, end)));
    }
    out[to++] = delimiter;
    this.#at = to;
  }

  #writeText(text: string): number {
    const guarded = this.#guard?.text(text) ?? text;
    return this.#out.write(csvField(guarded, this.#quoting), this.#at);
  }

  cell(encoded: Buffer): void {
    let to = this.#at;
    const out = this.#out;
    if (encoded.length < SET_FROM_BYTES) {
      for (let from = 0; from < encoded.length; from++) {
        out[to++] = encoded[from] ?? 0;
      }
    } else {
      out.set(encoded, to);
      to += encoded.length;
    }
    out[to++] = this.#delimiter;
    this.#at = to;
    this.#guard?.count(encoded);
  }

  empty(): void {
    this.#out[this.#at++] = this.#delimiter;
  }

  end(datapoints: number): void {
    if (this.#chunk !== undefined) {
      if (this.#endsWithReturn) {
        this.#out[this.#at++ - 1] = CARRIAGE_RETURN;
      }
      this.#out[this.#at - 1] = LINE_FEED;
      this.#chunk.length = this.#at;
      this.#chunk.rows++;
      this.#chunk.datapoints += datapoints;
    }
  }
}

const UNSAFE: Record<Delimiter, RegExp> = {
  ',': /[",\r\n]/,
  ';': /[";\r\n]/,
  '|': /["|\r\n]/,
  '\t': /["\t\r\n]/,
};

interface Quoting {
  delimiter: Delimiter;
  /** Whether readers are told to skip what follows a `#`, which many do within a line, too. */
  hasComments: boolean;
}

/** Quotes as COPY does in CSV: if the value contains a delimiter, a quote or a line end, or is empty but not NULL. */
function csvField(value: string | null, { delimiter, hasComments }: Quoting): string {
  if (value === null) {
    return '';
  }
  const isQuoted = value === '' || UNSAFE[delimiter].test(value) || (hasComments && value.includes('#'));
  return isQuoted ? `"${value.replaceAll('"', '""')}"` : value;
}
