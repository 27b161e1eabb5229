import { InvalidInputError } from '../errors.ts';
import { BadLines } from './bad-lines.ts';
import { EventNames } from './event-names.ts';
import type { ImportRequest } from './import-request.ts';
import { kindOfCell } from './plan/cell.ts';
import { planFor, refuseUnknown } from './plan/plan-for.ts';
import type { ReadingPlan } from './plan/reading-plan.ts';
import { settleTimeFormat } from './plan/time-rules.ts';
import { type CsvRecord, readRecords } from './records.ts';
import { type BadLine, type Encoded, RowEncoder } from './row-encoder.ts';
import { takeSample } from './sample.ts';
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

/**
 * Turns the text of a file into rows for COPY, block by block. After a bad line that `skipBad` does not take, yields no more
 * rows, and throws at the end an error that lists the first bad lines.
 * @param again the text a second time, read if its first part does not tell the order of day and month
 * @throws InvalidInputError
 */
export async function* copyRows(
  text: AsyncIterable<string>,
  request: ImportRequest,
  tally: Tally,
  again?: AsyncIterable<string>,
): AsyncGenerator<Block> {
  const { sample, text: whole } = await takeSample(text);
  const names = new EventNames(request.events);
  const only = request.eventPublicId === undefined ? undefined : names.byPublicId(request.eventPublicId);
  if (request.eventPublicId !== undefined && !only) {
    throw new InvalidInputError(`There is no event "${request.eventPublicId}".`);
  }
  const found = planFor(sample, request, { names, only, create: undefined });
  refuseUnknown(found, names);
  const { layout, table } = found;
  const format = await settleTimeFormat(found.time, layout.time, table, again);
  const plan = { ...found, time: { ...found.time, format } };
  const { experimentPublicId, newIds = false } = request;
  const encoder = new RowEncoder(plan, names, { experimentPublicId, newIds, create: undefined, seen: tally.events });
  const badLines = new BadLines(plan, request.skipBad, request.maxBad);
  const rows = new FileRows(plan, encoder, badLines, tally);
  const { delimiter, comment, firstLine } = table;
  for await (const records of readRecords(whole, { delimiter, comment, firstLine })) {
    yield* rows.encode(records);
  }
  await rows.end();
}

/** The rows of one file. */
class FileRows {
  readonly #plan: ReadingPlan;
  readonly #encoder: RowEncoder;
  readonly #badLines: BadLines;
  readonly #tally: Tally;
  /** Lines that may be remarks below the table, if no row follows. */
  #footer: { record: CsvRecord; problem: BadLine }[] = [];

  constructor(plan: ReadingPlan, encoder: RowEncoder, badLines: BadLines, tally: Tally) {
    this.#plan = plan;
    this.#encoder = encoder;
    this.#badLines = badLines;
    this.#tally = tally;
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
        this.#tally.addRows(encoded.timestamp, encoded.rows);
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
    if (this.#tally.rows === 0) {
      await this.#rejectFooter();
    }
    this.#tally.footer = this.#footer.map(({ record }) => record.text);
    this.#tally.missing = this.#encoder.missing;
    this.#tally.excluded = this.#encoder.excluded;
    this.#tally.rejections = this.#badLines.reasons;
    this.#badLines.check(this.#tally.rows);
    await this.#badLines.flush();
  }

  #encodeRecord(record: CsvRecord): Encoded {
    return record.problem === undefined
      ? this.#encoder.encode(record.fields)
      : { reason: record.problem, problem: record.problem, isTime: false };
  }

  async #reject(record: CsvRecord, problem: BadLine): Promise<void> {
    if (record.fields.length > 1 && record.fields.every((field) => field.trim() === '')) {
      return;
    }
    const { header, below } = this.#plan.table;
    if ([header, ...below].some(({ text }) => text.trimEnd() === record.text.trimEnd())) {
      this.#tally.repeatedHeaders++;
      return;
    }
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
