import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import { JSON_DELIMITER, jsonLines } from '../json-lines.ts';
import { type CsvRecord, RecordReader } from '../records.ts';
import { AmbiguousFileError } from './ambiguous.ts';
import { type CellKind, kindOfCell } from './cell.ts';
import { normalized, TIME_NAMES } from './known-names.ts';
import type { ReadingOptions } from './reading-options.ts';
import { readTitle } from './title.ts';

/** Where the table of a file is, and how it is split into cells. */
export interface Table {
  delimiter: string;
  comment: string | undefined;
  /** Turns lines that are not CSV into records. */
  convert: ((line: string) => string) | undefined;
  /** The header as in the file; without one in the file, as given. */
  header: CsvRecord;
  /** Rows of units and types below the header. */
  below: readonly CsvRecord[];
  /** The lines above the header. */
  preamble: readonly string[];
  /** The line on which the first row may start. */
  firstLine: number;
  /** Rows of the sample. */
  rows: readonly CsvRecord[];
  /** What the cells of each column look like in most rows; `missing` if all are empty. */
  kinds: readonly CellKind[];
}

const DELIMITERS = [',', ';', '\t', '|', ' '];
const NAMES: Record<string, string> = { '\t': 'a tab', ' ': 'blanks' };
/** A header stands at most this many records above the first row: rows of units and types are between them. */
const MAX_BELOW = 5;

/** Returns a delimiter for a message. */
export function delimiterName(delimiter: string): string {
  return NAMES[delimiter] ?? `"${delimiter}"`;
}

/**
 * Finds the table in the first part of a file: its rows are the records with as many cells of the same kinds, and its header
 * is the record above them.
 * @param sample whole lines
 * @throws InvalidInputError if there is no header, or more than one record may be the header
 */
export function findTable(sample: string, options: ReadingOptions): Table {
  const json = jsonLines(sample);
  if (!json) {
    return tableIn(sample, options);
  }
  const { header = json.header } = options;
  return tableIn(sample, { ...options, header, headerLine: 1, skipAfter: 0, delimiter: JSON_DELIMITER }, json.convert);
}

function tableIn(sample: string, options: ReadingOptions, convert?: Table['convert']): Table {
  const [, declared] = /^sep=(.)\r?$/im.exec(sample.slice(0, sample.indexOf('\n'))) ?? [];
  const given = options.delimiter ?? declared;
  const comment = options.comment ?? (/^#(?![,;\t|])/.test(sample) ? '#' : undefined);
  const after = declared === undefined ? 1 : 2;
  const known = new Set([...TIME_NAMES, ...(options.timeColumns ?? []).map(normalized)]);
  const readings = (given === undefined ? DELIMITERS : [given]).map((delimiter) =>
    read(sample, { delimiter, comment, convert, firstLine: Math.max(after, options.headerLine ?? 1) }, known),
  );
  // Blanks also separate what tabs do.
  const tabs = readings.some(({ delimiter, score }) => delimiter === '\t' && score > 0);
  const best = readings
    .filter(({ delimiter }) => !tabs || delimiter !== ' ')
    .reduce((a, b) => (b.score > a.score ? b : a));
  return withHeader(sample, best.score > 0 ? best : headerOnly(sample, readings, comment), options);
}

/** A file, split at one delimiter. */
interface Reading {
  delimiter: string;
  comment: string | undefined;
  convert: Table['convert'];
  records: CsvRecord[];
  kinds: CellKind[];
  /** The index of the first row. */
  first: number;
  /** The more cells of a row are numbers and times, the higher. */
  score: number;
  /** Whether a record has a column that is known to hold the time. */
  namesTime(record: CsvRecord): boolean;
}

function read(
  sample: string,
  rules: Pick<Table, 'delimiter' | 'comment' | 'convert' | 'firstLine'>,
  timeNames: ReadonlySet<string>,
): Reading {
  const reader = new RecordReader(rules);
  const records = [...reader.read(sample), ...reader.end()];
  const width = mostCommon(records.map(({ fields }) => fields.length));
  const sameWidth = records.filter(({ fields, problem }) => fields.length === width && problem === undefined);
  // Above the rows, a short file may have as many records.
  const cells = sameWidth.slice(Math.floor(sameWidth.length / 2)).map(({ fields }) => fields.map(kindOfCell));
  const kinds = Array.from({ length: width }, (_, column) =>
    kindOfColumn(cells.map((row) => row[column] ?? 'missing')),
  );
  const namesTime = ({ fields }: CsvRecord) =>
    fields.length > 1 && fields.some((field) => timeNames.has(normalized(readTitle(field).name)));
  const isRow = (record: CsvRecord) =>
    record.fields.length === width && looksLike(record.fields.map(kindOfCell), kinds) && !namesTime(record);
  const count = (kind: CellKind) => kinds.filter((one) => one === kind).length;
  const typed = count('time') + count('number');
  const row = records.findIndex(isRow);
  const first = width > 1 && typed > 0 && row >= 0 ? row : records.length;
  const share = sameWidth.length / Math.max(1, records.length);
  const bonus = records.slice(0, first).some(namesTime) ? 2 : 0;
  const score = first < records.length ? Math.max(0.1, (typed - count('text') / 2) * share + bonus) : 0;
  return { ...rules, records, kinds, first, score, namesTime };
}

/** The most common of at least two; of equally common ones the larger. */
function mostCommon(widths: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const width of widths) {
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  const candidates = [...counts].filter(([width]) => width > 1);
  return candidates.sort(([a, as], [b, bs]) => bs - as || b - a)[0]?.[0] ?? 1;
}

function kindOfColumn(kinds: readonly CellKind[]): CellKind {
  const count = (kind: CellKind) => kinds.filter((one) => one === kind).length;
  const found = (['time', 'number', 'text'] as const).map((kind) => ({ kind, count: count(kind) }));
  const most = found.reduce((a, b) => (b.count > a.count ? b : a));
  return most.count === 0 ? 'missing' : most.kind;
}

/** Whether a record is a row: its times are times, or else at least half of its numbers are numbers. */
function looksLike(cells: readonly CellKind[], kinds: readonly CellKind[]): boolean {
  const at = (kind: CellKind) => cells.filter((_, column) => kinds[column] === kind);
  const times = at('time');
  if (times.length > 0) {
    return times.some((kind) => kind === 'time') && times.every((kind) => kind === 'time' || kind === 'missing');
  }
  const numbers = at('number').filter((kind) => kind !== 'missing');
  return numbers.length > 0 && numbers.filter((kind) => kind === 'number').length * 2 >= numbers.length;
}

/** Without a row, the delimiter is the most frequent one of the first line. */
function headerOnly(sample: string, readings: readonly Reading[], comment: string | undefined): Reading {
  const line = sample.split('\n').find((one) => one.trim() !== '' && !(comment && one.startsWith(comment))) ?? '';
  const bare = line.replace(/"[^"]*"/g, '');
  const count = ({ delimiter }: Reading) => (delimiter === ' ' ? 0 : bare.split(delimiter).length);
  return readings.reduce((a, b) => (count(b) > count(a) ? b : a));
}

function withHeader(sample: string, reading: Reading, options: ReadingOptions): Table {
  const { delimiter, comment, convert, records, first, kinds } = reading;
  const header = headerOf(sample, reading, options);
  const index = records.indexOf(header);
  const last = index + 1 + (options.skipAfter ?? countBelow(header, records.slice(index + 1, first)));
  const below = records.slice(index + 1, last);
  const bottom = records[last - 1] ?? header;
  const firstLine = index < 0 && below.length === 0 ? header.line : bottom.line + bottom.text.split('\n').length;
  return {
    delimiter,
    comment,
    convert,
    header,
    below: options.header === undefined || options.skipAfter !== undefined ? below : [],
    preamble: sample.split('\n').slice(0, header.line - 1),
    firstLine,
    rows: records.slice(last),
    kinds,
  };
}

/** Counts the rows of units and types at the start of the records: those without a number and a time. */
function countBelow(header: CsvRecord, records: readonly CsvRecord[]): number {
  const isRow = ({ fields, problem }: CsvRecord) =>
    problem !== undefined ||
    fields.length < Math.max(2, header.fields.length - 1) ||
    fields.map(kindOfCell).some((kind) => kind === 'number' || kind === 'time');
  const end = records.findIndex(isRow);
  return Math.min(end < 0 ? records.length : end, MAX_BELOW);
}

function headerOf(sample: string, reading: Reading, options: ReadingOptions): CsvRecord {
  const { records, first, delimiter } = reading;
  if (options.header !== undefined) {
    const given = onlyRecord(options.header, delimiter);
    // A file of rejected lines has a header of its own.
    const own = records.find(({ fields }) => given.fields.every((field, column) => field === fields[column]));
    // Else a record of its own, whose line is that of the first row.
    return own ?? { ...given, line: records[options.headerLine === undefined ? first : 0]?.line ?? 1 };
  }
  if (options.headerLine !== undefined) {
    const header = records.find(({ line }) => line === options.headerLine);
    if (!header) {
      throw new InvalidInputError(
        `Line ${options.headerLine} is empty, a comment, or beyond the first part of the file.`,
        {
          hint: 'Pass the line of the header with --header-line, counted from 1.',
        },
      );
    }
    return header;
  }
  return foundHeader(sample, reading);
}

/** Splits a header that was given; at commas if the delimiter of the file is not in it. */
function onlyRecord(text: string, delimiter: string): CsvRecord {
  const reader = new RecordReader({ delimiter: text.includes(delimiter) ? delimiter : ',' });
  const [record] = [...reader.read(text), ...reader.end()];
  if (!record || record.problem !== undefined) {
    throw new InvalidInputError(`The header ${excerpt(text)} is not one CSV record.`);
  }
  return record;
}

function foundHeader(sample: string, reading: Reading): CsvRecord {
  const { records, first, kinds, comment, namesTime } = reading;
  const [top] = records;
  if (!top) {
    throw new InvalidInputError('The file is empty.', { hint: 'It needs at least a header.' });
  }
  if (first >= records.length) {
    return records.find(namesTime) ?? top;
  }
  const fits = ({ fields }: CsvRecord) => Math.abs(fields.length - kinds.length) <= 1 && fields.length > 1;
  const above = records.slice(0, first);
  const isNamed = (record: CsvRecord | undefined) => record !== undefined && fits(record) && namesTime(record);
  const isText = (record: CsvRecord | undefined) =>
    record?.fields.map(kindOfCell).every((kind) => kind === 'text' || kind === 'missing') === true;
  let named = above.findLastIndex(isNamed);
  // A row of types may name the time, too.
  while (isNamed(above[named - 1]) && isText(above[named - 1])) {
    refuseOtherHeader(above[named - 1], above[named], namesTime);
    named--;
  }
  const known = above[named];
  if (known) {
    return known;
  }
  const block = above.slice(Math.max(first - MAX_BELOW - 1, above.findLastIndex((record) => !fits(record)) + 1));
  const [header] = block;
  if (header && block.length === 1) {
    return header;
  }
  const commented = comment === undefined ? undefined : headerInComment(sample, reading);
  if (commented && fits(commented)) {
    return commented;
  }
  if (!header) {
    const row = excerpt(records[first]?.text ?? '');
    throw new InvalidInputError(`There is no header above the first row, line ${records[first]?.line ?? 1}: ${row}.`, {
      hint: 'Pass one with --header, such as --header "time,Bed temperature".',
    });
  }
  throw ambiguousHeader(block);
}

function ambiguousHeader(records: readonly CsvRecord[]): AmbiguousFileError {
  const choices = records.map(({ line, text }) => ({ value: String(line), label: excerpt(text.trimEnd()) }));
  return new AmbiguousFileError('More than one line may be the header', 'headerLine', '--header-line', choices);
}

/** @throws AmbiguousFileError if two lines have the same title of the time, but other columns */
function refuseOtherHeader(
  upper: CsvRecord | undefined,
  lower: CsvRecord | undefined,
  namesTime: Reading['namesTime'],
): void {
  if (upper && lower && upper.fields.join('\n') !== lower.fields.join('\n')) {
    const same = upper.fields.map((field, column) => (field === lower.fields[column] ? field : ''));
    if (namesTime({ ...upper, fields: [...same, ''] })) {
      throw ambiguousHeader([upper, lower]);
    }
  }
}

/** The last comment above the first row, which may name the columns: `# time  temperature`. */
function headerInComment(sample: string, { records, first, delimiter, comment = '' }: Reading): CsvRecord | undefined {
  const lines = sample.split('\n').slice(0, (records[first]?.line ?? 1) - 1);
  const line = lines.findLastIndex((text) => text.startsWith(comment));
  const text = lines[line]?.slice(comment.length).replace(/\r$/, '');
  return text ? { ...onlyRecord(text.trim(), delimiter), line: line + 1 } : undefined;
}
