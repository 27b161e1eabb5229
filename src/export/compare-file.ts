import { Writable } from 'node:stream';
import type { Pool } from 'pg';
import { ByteReader } from '../files/byte-reader.ts';
import { decompressed, decompressionFor } from '../files/decompress.ts';
import { openInput, streamFrom } from '../files/input.ts';
import { type ExportOptions, exportExperiment } from './export-experiment.ts';
import type { ExportRequest } from './request.ts';

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const READ_BYTES = 256 * 1024;
/** Enough of a line to recognise it. */
const EXCERPT_BYTES = 200;
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:\d\d)*)?/;

/** A file and the database, compared. */
export interface FileComparison {
  /** The rows of the file; `undefined` if it differs, and is not of lines. */
  rows: number | undefined;
  databaseRows: number;
  /** Where they differ first; `undefined` if they are equal. */
  difference: Difference | undefined;
}

export interface Difference {
  /** How many bytes are equal before it. */
  byte: number;
  /** From 1; `undefined` if the file is not of lines, like what follows. */
  line?: number;
  /** The time in that line. */
  time?: string;
  /** The lines there, or their start; `undefined` where the file or the export has ended. */
  file?: string | undefined;
  database?: string | undefined;
}

/**
 * Exports, but only compares the result with the content of a file, which is decompressed if its name ends in `.gz` or `.zst`.
 * @throws NotFoundError for a missing file; InvalidInputError for one that cannot be read or decompressed; and as
 * `exportExperiment`
 */
export async function compareFile(
  pool: Pool,
  request: ExportRequest,
  path: string,
  options: ExportOptions = {},
): Promise<FileComparison> {
  // JSON has no line ends within a text, but quotes that are escaped.
  const kind = options.form?.encoding.kind;
  const quote = kind === 'ndjson' ? undefined : QUOTE;
  const comparison = await withContent(path, options.signal, async (content) => {
    const compared = new Comparison(new ByteReader(content, () => new Error(`${path} is too short.`)), quote);
    const { rows } = await exportExperiment(pool, request, compared, options);
    await compared.atEnd();
    return { databaseRows: rows, at: compared.at, difference: compared.difference, head: compared.head ?? 0 };
  });
  const { databaseRows, at, difference, head } = comparison;
  if (difference === undefined) {
    return { rows: databaseRows, databaseRows, difference };
  }
  if (kind === 'parquet' || kind === 'xlsx') {
    return { rows: undefined, databaseRows, difference: { byte: at } };
  }
  const records = new RecordCounter(quote);
  let line = 1;
  await withContent(path, options.signal, async (content) => {
    let position = 0;
    for await (const piece of content) {
      line += lineEnds(piece.subarray(0, Math.max(0, at - position)));
      position += records.count(piece);
    }
  });
  const [time] = TIME.exec(difference.database ?? difference.file ?? '') ?? [];
  return {
    rows: Math.max(0, records.all - head),
    databaseRows,
    difference: { byte: at, line, ...(time !== undefined && { time }), ...difference },
  };
}

function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    count++;
  }
  return count;
}

/** Counts records, whose line ends are not in quotes. */
class RecordCounter {
  readonly #quote: number | undefined;
  #ended = 0;
  #isQuoted = false;
  #isOpen = false;
  /** Where the last record starts in the bytes that were counted. */
  start = 0;

  /** @param quote the character around line ends that are part of a record, if there is one */
  constructor(quote: number | undefined) {
    this.#quote = quote;
  }

  /** Returns the number of bytes. */
  count(bytes: Buffer): number {
    for (const [at, byte] of bytes.entries()) {
      this.#isQuoted = byte === this.#quote ? !this.#isQuoted : this.#isQuoted;
      if (byte === LINE_FEED && !this.#isQuoted) {
        this.#ended++;
        this.start = at + 1;
      }
    }
    this.#isOpen = bytes.length > 0 ? this.#isQuoted || bytes.at(-1) !== LINE_FEED : this.#isOpen;
    return bytes.length;
  }

  /** With one that has not ended. */
  get all(): number {
    return this.#ended + (this.#isOpen ? 1 : 0);
  }
}

/** Calls `work` with the content of a file, decompressed. */
async function withContent<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: (content: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const { handle } = await openInput(path, { regular: true });
  const file = streamFrom(handle, path, { highWaterMark: READ_BYTES, signal });
  const decompress = decompressionFor(path);
  try {
    return await work(decompress ? decompressed(path, decompress(file)) : file);
  } finally {
    // Even if reading has not started.
    file.destroy();
  }
}

/** Compares what is written into it with the bytes of a file. */
class Comparison extends Writable {
  readonly #file: ByteReader;
  readonly #quote: number | undefined;
  /** Bytes before the first difference. */
  at = 0;
  difference: Pick<Difference, 'file' | 'database'> | undefined;
  /** The records of the header, which is written first. */
  head: number | undefined;

  constructor(file: ByteReader, quote: number | undefined) {
    super();
    this.#file = file;
    this.#quote = quote;
    // An error is that of the export.
    this.on('error', () => {});
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.head ??= recordsIn(bytes, this.#quote).all;
    this.#compare(bytes).then(() => done(), done);
  }

  /** Call when all is written: the file must end there, too. */
  async atEnd(): Promise<void> {
    const more = this.difference ? undefined : await this.#file.some(EXCERPT_BYTES);
    if (more) {
      this.difference = { file: recordAt(more, 0, this.#quote), database: undefined };
    }
  }

  async #compare(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && this.difference === undefined; ) {
      const piece = await this.#file.some(bytes.length - at);
      if (piece === undefined) {
        this.difference = { file: undefined, database: recordAt(bytes, at, this.#quote) };
      } else if (bytes.compare(piece, 0, piece.length, at, at + piece.length) === 0) {
        at += piece.length;
        this.at += piece.length;
      } else {
        const equal = piece.findIndex((byte, index) => byte !== bytes[at + index]);
        // All before is equal, so the record starts in the export's bytes, which begin with one.
        const { start } = recordsIn(bytes.subarray(0, at + equal), this.#quote);
        const file = Buffer.concat([bytes.subarray(Math.min(start, at), at), piece]);
        this.at += equal;
        this.difference = {
          file: recordAt(file, Math.max(0, start - at), this.#quote),
          database: recordAt(bytes, start, this.#quote),
        };
      }
    }
  }
}

function recordsIn(bytes: Buffer, quote: number | undefined): RecordCounter {
  const records = new RecordCounter(quote);
  records.count(bytes);
  return records;
}

/** Returns the record that starts there, or as much of it as there is or is needed. */
function recordAt(bytes: Buffer, start: number, quote: number | undefined): string {
  const rest = bytes.subarray(start, start + EXCERPT_BYTES);
  let isQuoted = false;
  const end = rest.findIndex((byte) => {
    isQuoted = byte === quote ? !isQuoted : isQuoted;
    return byte === LINE_FEED && !isQuoted;
  });
  return rest.toString('utf8', 0, end < 0 ? rest.length : end);
}
