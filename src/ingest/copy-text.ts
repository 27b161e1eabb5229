import { InvalidInputError } from '../errors.ts';
import { BadLines } from './bad-lines.ts';
import { decode } from './decode.ts';
import { EventNames } from './event-names.ts';
import type { ImportRequest } from './import-request.ts';
import { readLayout } from './layout.ts';
import { type CsvRecord, RecordReader } from './records.ts';
import { RowEncoder } from './row-encoder.ts';
import type { Timestamp } from './timestamp.ts';

/** So much text is handed on at once: a line of a wide file becomes many times as long. */
const BLOCK_CHARACTERS = 128 * 1024;

/** Rows in the text format of COPY. */
export interface Block {
  text: string;
  rows: number;
}

/** What has been read so far. */
export class Tally {
  /** Rows encoded. */
  rows = 0;
  /** Lines left out. */
  bad = 0;
  /** Bytes of text read. */
  bytes = 0;
  /** Public ids of the events that the rows belong to. */
  readonly events = new Set<string>();
  readonly #extremes = new Map<string, Timestamp>();

  add(timestamp: Timestamp, rows: number): void {
    this.rows += rows;
    const kind = timestamp.zoned ? 'zoned' : 'local';
    const [first, last] = [this.#extremes.get(`first ${kind}`), this.#extremes.get(`last ${kind}`)];
    if (!first || timestamp.microseconds < first.microseconds) {
      this.#extremes.set(`first ${kind}`, timestamp);
    }
    if (!last || timestamp.microseconds > last.microseconds) {
      this.#extremes.set(`last ${kind}`, timestamp);
    }
  }

  /** Timestamps among which are the first and the last: only the server knows local time well enough to choose. */
  get extremes(): string[] {
    return [...this.#extremes.values()].map((timestamp) => timestamp.text);
  }
}

/**
 * A CSV file as the rows of a COPY, block by block. After a bad line that is not put aside no more rows
 * come, and in the end an error that lists the first bad lines.
 * @throws InvalidInputError
 */
export async function* copyText(
  source: AsyncIterable<Buffer | string>,
  request: ImportRequest,
  tally: Tally,
): AsyncGenerator<Block> {
  const reader = new RecordReader(request.delimiter);
  let file: OpenFile | undefined;
  for await (const records of recordsOf(source, reader, tally)) {
    file ??= open(records, request, tally);
    if (file) {
      yield* encode(records, file, tally);
    }
  }
  if (!file) {
    throw new InvalidInputError('The file is empty.', { hint: 'It needs at least a header.' });
  }
  file.bad.check();
}

interface OpenFile {
  encoder: RowEncoder;
  bad: BadLines;
}

async function* recordsOf(
  source: AsyncIterable<Buffer | string>,
  reader: RecordReader,
  tally: Tally,
): AsyncGenerator<CsvRecord[]> {
  for await (const text of decode(counted(source, tally))) {
    yield reader.read(text);
  }
  yield reader.end();
}

async function* counted(source: AsyncIterable<Buffer | string>, tally: Tally): AsyncGenerator<Buffer | string> {
  for await (const piece of source) {
    tally.bytes += piece.length;
    yield piece;
  }
}

/** Takes the header off the first records. */
function open(records: CsvRecord[], request: ImportRequest, tally: Tally): OpenFile | undefined {
  const header = records.shift();
  if (!header) {
    return undefined;
  }
  if (header.problem !== undefined) {
    throw new InvalidInputError(`Line ${header.line}, the header: ${header.problem}.`);
  }
  const names = new EventNames(request.events);
  const { eventPublicId } = request;
  const only = eventPublicId === undefined ? undefined : names.byPublicId(eventPublicId);
  if (eventPublicId !== undefined && !only) {
    throw new InvalidInputError(`There is no event "${eventPublicId}".`);
  }
  const encoder = new RowEncoder(readLayout(header.fields, names, only), names, {
    experimentPublicId: request.experimentPublicId,
    decimal: request.decimal ?? '.',
    localTimes: request.timezone !== undefined,
    newIds: request.newIds ?? false,
    seen: tally.events,
  });
  return { encoder, bad: new BadLines(header.text, request.skipBad) };
}

async function* encode(records: readonly CsvRecord[], file: OpenFile, tally: Tally): AsyncGenerator<Block> {
  const { encoder, bad } = file;
  let block = { text: '', rows: 0 };
  for (const record of records) {
    const encoded = record.problem === undefined ? encoder.encode(record.fields) : { problem: record.problem };
    if ('problem' in encoded) {
      if (record.fields.length > 1 && record.fields.every((field) => field.trim() === '')) {
        continue;
      }
      await bad.add(record, encoded.problem);
      tally.bad = bad.count;
      if (bad.fatal) {
        bad.check();
      }
    } else if (bad.tolerated) {
      block.text += encoded.text;
      block.rows += encoded.rows;
      tally.add(encoded.timestamp, encoded.rows);
      if (block.text.length >= BLOCK_CHARACTERS) {
        yield block;
        block = { text: '', rows: 0 };
      }
    }
  }
  // Rows before a bad line in this block are as unwanted as those after it.
  if (bad.tolerated && block.rows > 0) {
    yield block;
  }
}
