import { InvalidInputError } from '../errors.ts';
import { excerpt } from '../text/printable.ts';
import type { BadLines } from './bad-lines.ts';
import { kindOfCell } from './plan/cell.ts';
import { normalized } from './plan/known-names.ts';
import type { ReadingPlan } from './plan/reading-plan.ts';
import { readTitle } from './plan/title.ts';
import type { LeftOut } from './reading-notes.ts';
import type { CsvRecord } from './records.ts';
import type { BadLine, Encoded, RowEncoder } from './row-encoder.ts';
import type { Tally } from './tally.ts';

/** Bounds the text passed on at once: a line of a wide file becomes many times as long. */
const BLOCK_CHARACTERS = 128 * 1024;
/** So many lines at the end of a file may be remarks. */
const MAX_FOOTER = 20;

const STATISTIC =
  /^(?:min|max|mean|avg|average|median|sum|total|count|std|stdev|minimum|maximum|mittelwert|summe|moyenne|media)\b/i;

/** Rows in the text format of COPY. */
export interface Block {
  text: string;
  rows: number;
}

export class FileRows {
  readonly #plan: ReadingPlan;
  readonly #encoder: RowEncoder;
  readonly #badLines: BadLines;
  readonly #tally: Tally;
  readonly #before: number;
  #repeatedHeaders = 0;
  /** Lines that may be remarks below the table, if no row follows. */
  #footer: { record: CsvRecord; problem: BadLine }[] = [];

  constructor(plan: ReadingPlan, encoder: RowEncoder, badLines: BadLines, tally: Tally) {
    this.#plan = plan;
    this.#encoder = encoder;
    this.#badLines = badLines;
    this.#tally = tally;
    this.#before = tally.rows;
  }

  /** What was left out, besides what is rejected. */
  get leftOut(): LeftOut {
    const { missing, excluded, numbersInText } = this.#encoder;
    const footer = this.#footer.map(({ record }) => record.text);
    return { missing, numbersInText, excluded, repeatedHeaders: this.#repeatedHeaders, footer };
  }

  /** The names of the events that would have been created for columns that have stayed empty. */
  get unfilled(): readonly string[] {
    return this.#encoder.unfilled;
  }

  async *encode(records: readonly CsvRecord[]): AsyncGenerator<Block> {
    const badLines = this.#badLines;
    let block = { text: '', rows: 0 };
    for (const record of records) {
      const encoded = this.#encodeRecord(record);
      if ('problem' in encoded) {
        await this.#reject(record, encoded);
        continue;
      }
      if (this.#footer.length > 0) {
        await this.#rejectFooter();
      }
      if (encoded.bad.length > 0) {
        await badLines.addCells(record, encoded.bad);
        this.#checkFatal();
      }
      if (badLines.tolerated) {
        block.text += encoded.text;
        block.rows += encoded.rows;
        this.#tally.addRows(encoded);
        if (block.text.length >= BLOCK_CHARACTERS) {
          yield block;
          block = { text: '', rows: 0 };
        }
      }
    }
    // Once a line is bad, the rows before it in this block are not wanted either.
    if (badLines.tolerated && block.rows > 0) {
      yield block;
    }
  }

  async end(): Promise<void> {
    const imported = this.#tally.rows - this.#before;
    if (imported === 0) {
      await this.#rejectFooter();
    }
    this.#tally.rejections = this.#badLines.reasons;
    this.#tally.missing += [...this.#encoder.missing.values()].reduce((a, b) => a + b, 0);
    this.#badLines.check(imported);
    this.finish();
    await this.#badLines.flush();
  }

  /**
   * Ends a part of the file that is imported before the others are there. Which share of it is rejected is no matter.
   * @throws InvalidInputError for bad lines that nothing takes
   */
  async endPart(): Promise<void> {
    this.#tally.rejections = this.#badLines.reasons;
    this.#badLines.check(Number.POSITIVE_INFINITY);
    await this.#badLines.flush();
  }

  /** @throws InvalidInputError if timestamps of the last rows turn out to be undecidable */
  finish(): void {
    this.#encoder.finish();
  }

  #encodeRecord(record: CsvRecord): Encoded {
    return record.problem === undefined
      ? this.#encoder.encode(record)
      : { reason: record.problem, problem: record.problem, isTime: false };
  }

  async #reject(record: CsvRecord, problem: BadLine): Promise<void> {
    if (record.fields.length > 1 && record.fields.every((field) => field.trim() === '')) {
      return;
    }
    const { header, below } = this.#plan.table;
    if ([header, ...below].some(({ fields }) => isSame(fields, record.fields))) {
      this.#repeatedHeaders++;
      return;
    }
    this.#refuseOtherHeader(record);
    if (this.#isRemark(record, problem)) {
      this.#footer.push({ record, problem });
      if (this.#footer.length > MAX_FOOTER) {
        await this.#rejectFooter();
      }
      return;
    }
    await this.#rejectFooter();
    await this.#rejectLine(record, problem);
  }

  /** Below another header, the same columns may hold something else. */
  #refuseOtherHeader({ fields, line }: CsvRecord): void {
    const { layout, titles } = this.#plan;
    const names = layout.time.map((column) => normalized(titles[column]?.name ?? '')).filter((name) => name !== '');
    const namesTime =
      names.length > 0 && names.every((name) => fields.some((field) => normalized(readTitle(field).name) === name));
    if (namesTime && fields.map(kindOfCell).every((kind) => kind === 'text' || kind === 'missing')) {
      throw new InvalidInputError(
        `Line ${line} is another header: ${excerpt(fields.join(this.#plan.table.delimiter))}.`,
        {
          hint: 'Split the file there, and import its parts one by one.',
        },
      );
    }
  }

  /** Whether a line may be a remark below the table: a word in place of the time, and no value, or statistics of the values. */
  #isRemark(record: CsvRecord, problem: BadLine): boolean {
    const isShort = record.fields.length < this.#plan.layout.width;
    const text = (isShort ? record.text : this.#encoder.timeOf(record.fields)).replace(/^[\s"']+/, '');
    const isWord = record.problem === undefined && (isShort || problem.isTime) && /^(?:\p{L}|[-=*_<[]{2})/u.test(text);
    return isWord && (record.fields.map(kindOfCell).every((kind) => kind !== 'number') || STATISTIC.test(text));
  }

  async #rejectFooter(): Promise<void> {
    const lines = this.#footer;
    this.#footer = [];
    for (const { record, problem } of lines) {
      await this.#rejectLine(record, problem);
    }
  }

  async #rejectLine(record: CsvRecord, problem: BadLine): Promise<void> {
    await this.#badLines.addLine(record, problem);
    this.#checkFatal();
  }

  #checkFatal(): void {
    this.#tally.bad = this.#badLines.lines;
    if (this.#badLines.fatal) {
      this.#badLines.check(this.#tally.rows);
    }
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((field, column) => field.trim() === other[column]?.trim());
}
