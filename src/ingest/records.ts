import { InvalidInputError } from '../errors.ts';
import { splitQuoted } from './quoted.ts';

/** A longer line is not part of a table of measurements. */
const MAX_LINE = 1024 * 1024;
/** A quote still unclosed after this much text was opened by mistake. */
const MAX_QUOTED = 16 * 1024;

/** One record of a CSV file. */
export interface CsvRecord {
  /** The line on which it starts, from 1. */
  line: number;
  /** As in the file, without the last line end. */
  text: string;
  fields: string[];
  /** Why it could not be split, if so. */
  problem?: string;
}

/** How text is split into records. */
export interface RecordRules {
  /** One character; a blank stands for any number of blanks and tabs. */
  delimiter: string;
  /** Lines that start with this text are skipped. */
  comment?: string | undefined;
  /** Whether a line is a row by itself: then it is not part of a quoted field. */
  isRow?: ((line: string) => boolean) | undefined;
  /** The lines before this one, from 1, are skipped whatever they contain. */
  firstLine?: number | undefined;
  /** Turns a line into a CSV record, if the lines have another form. */
  convert?: ((line: string) => string) | undefined;
}

/** Splits text into CSV records, one batch per piece of text. */
export async function* readRecords(text: AsyncIterable<string>, rules: RecordRules): AsyncGenerator<CsvRecord[]> {
  const reader = new RecordReader(rules);
  for await (const piece of text) {
    yield reader.read(piece);
  }
  yield reader.end();
}

/**
 * Splits text into CSV records, without blank lines. A stray quote spoils its own line only: the lines after it are read
 * again.
 */
export class RecordReader {
  readonly #delimiter: string;
  readonly #comment: string | undefined;
  readonly #firstLine: number;
  readonly #convert: RecordRules['convert'];
  #rest = '';
  #line = 0;
  /** The lines of a record whose quotes are still open. */
  #open: string[] = [];
  readonly #isRow: RecordRules['isRow'];
  #openLength = 0;

  constructor({ delimiter, comment, isRow, convert, firstLine = 1 }: RecordRules) {
    this.#isRow = isRow;
    this.#delimiter = delimiter;
    this.#comment = comment;
    this.#firstLine = firstLine;
    this.#convert = convert;
  }

  /**
   * Returns the records that are complete so far.
   * @throws InvalidInputError for a line of more than a million characters
   */
  read(text: string): CsvRecord[] {
    const all = this.#rest === '' ? text : this.#rest + text;
    const records: CsvRecord[] = [];
    let from = 0;
    for (let end = all.indexOf('\n', from); end >= 0; end = all.indexOf('\n', from)) {
      this.#accept(all.slice(from, end), records);
      from = end + 1;
    }
    this.#rest = from === 0 ? all : all.slice(from);
    if (this.#rest.length > MAX_LINE) {
      throw this.#tooLong(this.#line + this.#open.length + 1);
    }
    return records;
  }

  /** Returns the records that the end of the file completes. */
  end(): CsvRecord[] {
    const records: CsvRecord[] = [];
    if (this.#rest !== '') {
      this.#accept(this.#rest, records);
      this.#rest = '';
    }
    while (this.#open.length > 0) {
      this.#giveUp(records);
    }
    return records;
  }

  #accept(text: string, records: CsvRecord[]): void {
    const line = this.#convert ? this.#convert(text) : text;
    if (this.#open.length > 0) {
      this.#open.push(line);
      this.#openLength += line.length;
      // Only a line with a quote can close the open one.
      if (line.includes('"')) {
        this.#close(records);
      } else if (this.#openLength > MAX_QUOTED) {
        this.#giveUp(records);
      }
      return;
    }
    if (line.length > MAX_LINE) {
      throw this.#tooLong(this.#line + 1);
    }
    if (this.#line + 1 < this.#firstLine || (this.#comment !== undefined && line.startsWith(this.#comment))) {
      this.#line++;
      return;
    }
    if (line.includes('"')) {
      this.#open.push(line);
      this.#openLength = line.length;
      this.#close(records);
      return;
    }
    this.#line++;
    const bare = withoutReturn(line);
    if (bare.trim() !== '') {
      records.push({ line: this.#line, text: line, fields: splitUnquoted(bare, this.#delimiter) });
    }
  }

  #close(records: CsvRecord[]): void {
    const text = this.#open.join('\n');
    const fields = splitQuoted(withoutReturn(text), this.#delimiter);
    if (typeof fields === 'object' && !(this.#open.length > 1 && this.#hidesRow(fields))) {
      records.push({ line: this.#line + 1, text, fields });
      this.#line += this.#open.length;
      this.#open = [];
    } else if (fields !== 'unclosed' || this.#openLength > MAX_QUOTED) {
      this.#giveUp(records);
    }
  }

  /** A stray quote, and another one rows later, would hide the rows between them. What is outside the quotes is not hidden. */
  #hidesRow(fields: readonly string[]): boolean {
    const isRow = this.#isRow;
    const delimiter = this.#delimiter;
    return (
      isRow !== undefined &&
      fields.some((field, column) => {
        const [first = '', ...others] = field.split('\n');
        // The first line starts before the quote, and one that is only a time hides none.
        const hidesFirst = others.length > 0 && first.includes(delimiter) && isRow(delimiter.repeat(column) + first);
        return hidesFirst || others.some(isRow);
      })
    );
  }

  /** Rejects the first of the open lines, and reads the others again. */
  #giveUp(records: CsvRecord[]): void {
    const [first = '', ...others] = this.#open;
    this.#open = [];
    const unclosed = splitQuoted(first, this.#delimiter) === 'unclosed';
    const problem = unclosed ? 'unterminated quoted field' : 'misplaced quote';
    records.push({ line: ++this.#line, text: first, fields: [], problem });
    for (const line of others) {
      this.#accept(line, records);
    }
  }

  #tooLong(line: number): InvalidInputError {
    return new InvalidInputError(`Line ${line} has more than ${MAX_LINE} characters.`, {
      hint: 'Is this a CSV file with line ends?',
    });
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function splitUnquoted(line: string, delimiter: string): string[] {
  return delimiter === ' ' ? line.trim().split(/[ \t]+/) : line.split(delimiter);
}
