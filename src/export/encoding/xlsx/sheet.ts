import { unescapeCopyText } from '../../../database/copy-escape.ts';
import { InvalidInputError } from '../../../errors.ts';
import type { Column, RecordEncoder } from '../../form.ts';
import { InstantReader } from '../../instant.ts';
import type { Chunk, SliceBuffer } from '../../reorder-buffer.ts';
import { SHEET_ROWS, tooManyRows } from '../../sheet-limit.ts';
import { TIME_GROWTH, type WriteTime } from '../../time-text.ts';
import { columnLetters, DATE_STYLE, HEADER_STYLE, SHEET_TAIL, sheetHead, sheetRow } from './parts.ts';
import { cellText } from './text.ts';

const SHEET_COLUMNS = 16_384;
const WIDTHS: Record<Column['kind'], number> = { time: 23, number: 20, text: 30, id: 38, key: 20 };

const DAY = 86_400;
/** The number of 1970-01-01 in a sheet. */
const DAY_1970 = 25_569;
/** The first date on which all programs agree, 1900-03-01, and the last one, 9999-12-31, in days since 1970. */
const FIRST_DAY = -25_508;
const LAST_DAY = 2_932_896;
/** Twelve digits of a day are a tenth of a microsecond. */
const DATE_UNITS = 1e12 / 86_400_000_000;
/** Half of the distance of such numbers, so that what is read is never earlier: some readers cut the milliseconds. */
const DATE_MARGIN = 4;

const ROW = Buffer.from('<row r="');
const ROW_CELLS = Buffer.from('">');
const ROW_END = Buffer.from('</row>');
const DATE = Buffer.from(`" s="${DATE_STYLE}"><v>`);
const NUMBER = Buffer.from('"><v>');
const NUMBER_END = Buffer.from('</v></c>');
const TEXT = Buffer.from('" t="inlineStr"><is><t>');
const PRESERVED = Buffer.from('" t="inlineStr"><is><t xml:space="preserve">');
const TEXT_END = Buffer.from('</t></is></c>');
/** The tags of a cell, its place and the digits of a date are no longer. */
const CELL_GROWTH = 100 + TIME_GROWTH;
/** An underline may become `_x005F_`. */
const TEXT_GROWTH = 7;

const CODE_I = 0x49;
const CODE_N = 0x4e;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/**
 * For each byte whether a text with it needs a closer look: blanks, which XML may drop, and what is below; `&`, `<`, `>`; a backslash,
 * which COPY escapes with; an underline; and what U+FFFE and U+FFFF start with.
 */
const IS_SPECIAL = new Uint8Array(256).fill(1, 0, 0x21);
for (const byte of Buffer.from('&<>\\_\ufffe').subarray(0, 6)) {
  IS_SPECIAL[byte] = 1;
}

/** What is written as text. */
interface Texts {
  /** Returns what stands for a text that may occur often. */
  cell(text: string): Buffer;
  /** Returns the cell of what stands for a text. */
  shared(label: Buffer): Buffer;
  /** Writes a time that is no date of a sheet. */
  writeTime: WriteTime;
}

/** Writes the XML of a sheet with a row for each record. */
export class SheetEncoder implements RecordEncoder {
  readonly #texts: Texts;
  readonly #output: SliceBuffer;
  /** The start of a cell of each column. */
  readonly #starts: readonly Buffer[];
  readonly #instant = new InstantReader();
  #rows = 0;
  /** The digits of the number of the current row, where 1 is the header. */
  #row: Buffer = Buffer.from('1');
  #column = 0;
  #chunk: Chunk | undefined;
  #out: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(columns: readonly Column[], texts: Texts, output: SliceBuffer) {
    if (columns.length > SHEET_COLUMNS) {
      throw new InvalidInputError(`A sheet of XLSX can hold ${SHEET_COLUMNS} columns, not ${columns.length}.`, {
        hint: 'Export fewer events with --event, or to Parquet or CSV.',
      });
    }
    this.#texts = texts;
    this.#output = output;
    this.#starts = columns.map((_, at) => Buffer.from(`<c r="${columnLetters(at)}`));
    const titles = columns.map(({ title }) => title);
    const widths = columns.map(({ kind }) => WIDTHS[kind]);
    this.#append(sheetHead(widths, true) + sheetRow(1, titles, HEADER_STYLE));
  }

  room(): Promise<void> | undefined {
    return this.#output.room();
  }

  begin(bytes: number): void {
    if (this.#rows === SHEET_ROWS) {
      throw tooManyRows();
    }
    this.#chunk = this.#output.chunk(TEXT_GROWTH * bytes + CELL_GROWTH * (this.#starts.length + 1));
    this.#out = this.#chunk.bytes;
    this.#at = this.#chunk.length;
    this.#row = increment(this.#row);
    this.#column = 0;
    this.#put(ROW);
    this.#put(this.#row);
    this.#put(ROW_CELLS);
  }

  time(bytes: Buffer, start: number, end: number): void {
    this.#start();
    const instant = this.#instant;
    const days = instant.read(bytes, start, end) ? Math.floor(instant.seconds / DAY) : Number.NaN;
    if (days >= FIRST_DAY && days <= LAST_DAY) {
      this.#put(DATE);
      this.#digits(days + DAY_1970, 1);
      const ofDay = (instant.seconds - days * DAY) * 1_000_000 + instant.micros;
      if (ofDay > 0) {
        const units = Math.ceil(ofDay * DATE_UNITS) + DATE_MARGIN;
        this.#out[this.#at++] = DOT;
        this.#digits(Math.floor(units / 1e6), 6);
        this.#digits(units % 1e6, 6);
      }
      this.#put(NUMBER_END);
    } else {
      this.#put(TEXT);
      this.#at = this.#texts.writeTime(bytes, start, end, this.#out, this.#at);
      this.#put(TEXT_END);
    }
  }

  number(bytes: Buffer, start: number, end: number): void {
    const first = bytes[start] === DASH ? bytes[start + 1] : bytes[start];
    if (first === CODE_I || first === CODE_N) {
      this.cell(this.#texts.cell(bytes.toString('latin1', start, end)));
      return;
    }
    this.#start();
    this.#put(NUMBER);
    for (let from = start; from < end; from++) {
      this.#out[this.#at++] = bytes[from] ?? 0;
    }
    this.#put(NUMBER_END);
  }

  count(bytes: Buffer, start: number, end: number): void {
    this.number(bytes, start, end);
  }

  text(bytes: Buffer, start: number, end: number): void {
    this.#start();
    const before = this.#at;
    this.#put(TEXT);
    let isPlain = true;
    for (let from = start; from < end; from++) {
      const byte = bytes[from] ?? 0;
      isPlain &&= IS_SPECIAL[byte] === 0;
      this.#out[this.#at++] = byte;
    }
    if (!isPlain) {
      this.#at = before;
      this.#put(PRESERVED);
      this.#at += this.#out.write(cellText(unescapeCopyText(bytes.toString('utf8', start, end))), this.#at);
    }
    this.#put(TEXT_END);
  }

  cell(encoded: Buffer): void {
    if (encoded.length === 0) {
      this.empty();
    } else {
      this.#start();
      this.#put(this.#texts.shared(encoded));
    }
  }

  /** A sheet has no element for it. */
  empty(): void {
    this.#column++;
  }

  end(datapoints: number): void {
    this.#put(ROW_END);
    this.#rows++;
    if (this.#chunk !== undefined) {
      this.#chunk.length = this.#at;
      this.#chunk.rows++;
      this.#chunk.datapoints += datapoints;
    }
  }

  finish(): void {
    this.#append(SHEET_TAIL);
  }

  #start(): void {
    this.#put(this.#starts[this.#column++] ?? ROW_END);
    this.#put(this.#row);
  }

  /** Writes a whole number below 2 ** 31 with zeros before it. */
  #digits(number: number, least: number): void {
    let length = least;
    for (let power = 10 ** least; power <= number; power *= 10) {
      length++;
    }
    let rest = number | 0;
    for (let at = this.#at + length - 1; at >= this.#at; at--) {
      const tens = (rest / 10) | 0;
      this.#out[at] = ZERO + rest - 10 * tens;
      rest = tens;
    }
    this.#at += length;
  }

  #put(bytes: Buffer): void {
    const out = this.#out;
    let to = this.#at;
    for (let from = 0; from < bytes.length; from++) {
      out[to++] = bytes[from] ?? 0;
    }
    this.#at = to;
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    const chunk = this.#output.chunk(bytes.length);
    chunk.length += bytes.copy(chunk.bytes, chunk.length);
  }
}

/** Adds one to a number in decimal digits. */
function increment(digits: Buffer): Buffer {
  let at = digits.length - 1;
  for (; digits[at] === NINE; at--) {
    digits[at] = ZERO;
  }
  if (at < 0) {
    return Buffer.from(`1${'0'.repeat(digits.length)}`);
  }
  digits[at] = (digits[at] ?? ZERO) + 1;
  return digits;
}
