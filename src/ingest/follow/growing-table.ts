import { InvalidInputError } from '../../errors.ts';
import { type OpenTable, openTable } from '../copy-rows.ts';
import type { Creation } from '../creation.ts';
import { type Decoder, startDecoder } from '../decode.ts';
import type { Block } from '../file-rows.ts';
import type { ImportRequest } from '../import-request.ts';
import { leftOutNotes, planNotes } from '../reading-notes.ts';
import { type CsvRecord, RecordReader } from '../records.ts';
import { takeSample } from '../sample.ts';
import type { Tally } from '../tally.ts';

/** What a file starts with is judged once it has a line, or so many bytes. */
const START_BYTES = 4096;
const SAMPLE_PIECE = 64 * 1024;
const LINE_FEED = 10;

/** What a table is read with. */
export interface GrowingTableContext {
  request: ImportRequest;
  tally: Tally;
  creation: Creation;
  /** Called with what the user should know about how it is read. */
  note(text: string): void;
}

/** The table in a file that grows: its plan is made from the first part, and holds for all of it. */
export class GrowingTable {
  readonly #context: GrowingTableContext;
  #start: Buffer | undefined = Buffer.alloc(0);
  #decoder: Decoder | undefined;
  /** The text so far, until there is a plan. */
  #head = '';
  #table: OpenTable | undefined;
  #reader: RecordReader | undefined;
  /** Why there is no plan yet. */
  #problem: InvalidInputError | undefined;

  constructor(context: GrowingTableContext) {
    this.#context = context;
  }

  /** Whether it has a header, or more, but no rows to tell how it is read. */
  get isWaiting(): boolean {
    return this.#table === undefined;
  }

  /** Why the lines so far cannot be read, if so; the next ones may change that. */
  get problem(): InvalidInputError | undefined {
    return this.#problem;
  }

  /**
   * Returns the rows of the lines that these bytes complete.
   * @throws InvalidInputError if they are not text
   */
  async add(bytes: Buffer): Promise<AsyncGenerator<Block>> {
    const text = this.#decode(bytes);
    if (this.#reader) {
      return this.#encode(this.#reader.read(text));
    }
    this.#head += text;
    return this.#encode(await this.#open(this.#head.lastIndexOf('\n') + 1));
  }

  /**
   * Returns the rows of the last line, if the file has ended with it.
   * @param isWhole whether that line is as it was written
   * @throws InvalidInputError if the file was not understood
   */
  async end(isWhole: boolean): Promise<AsyncGenerator<Block>> {
    const records = this.#reader ? [] : await this.#open(isWhole ? this.#head.length : 0);
    if (this.#problem) {
      throw this.#problem;
    }
    return this.#end(records, isWhole);
  }

  #decode(bytes: Buffer): string {
    if (this.#start === undefined) {
      return this.#decoder?.read(bytes) ?? '';
    }
    this.#start = Buffer.concat([this.#start, bytes]);
    if (!this.#start.includes(LINE_FEED) && this.#start.length < START_BYTES) {
      return '';
    }
    const { request, note } = this.#context;
    this.#decoder = startDecoder(this.#start, { encoding: request.encoding, note });
    const text = this.#decoder.read(this.#start);
    this.#start = undefined;
    return text;
  }

  /**
   * Makes the plan, if the text so far has rows, and returns its records.
   * @param length of the complete lines
   */
  async #open(length: number): Promise<CsvRecord[]> {
    const { request, tally, creation, note } = this.#context;
    if (length === 0) {
      return [];
    }
    this.#problem = undefined;
    try {
      const { sample } = await takeSample(inPieces(this.#head.slice(0, length)));
      const table = await openTable({ sample, again: undefined }, request, tally, creation);
      this.#table = table.plan.table.rows.length > 0 ? table : undefined;
    } catch (error) {
      if (!(error instanceof InvalidInputError)) {
        throw error;
      }
      this.#problem = error;
    }
    if (!this.#table) {
      return [];
    }
    for (const sentence of planNotes(this.#table.plan, request)) {
      note(sentence);
    }
    this.#reader = new RecordReader(this.#table.rules);
    const records = this.#reader.read(this.#head);
    this.#head = '';
    return records;
  }

  async *#encode(records: CsvRecord[]): AsyncGenerator<Block> {
    if (this.#table) {
      yield* this.#table.rows.encode(records);
      await this.#table.rows.endPart();
    }
  }

  async *#end(records: CsvRecord[], isWhole: boolean): AsyncGenerator<Block> {
    const { note } = this.#context;
    const last = this.#reader?.end() ?? [];
    if (!isWhole && last.length > 0) {
      note('The file was rewritten while its last line was incomplete, and that line is not imported.');
    }
    yield* this.#encode(isWhole ? [...records, ...last] : []);
    if (this.#table) {
      this.#table.rows.finish();
      for (const sentence of leftOutNotes(this.#table.rows.leftOut)) {
        note(sentence);
      }
    }
  }
}

async function* inPieces(text: string): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += SAMPLE_PIECE) {
    yield text.slice(from, from + SAMPLE_PIECE);
  }
}
