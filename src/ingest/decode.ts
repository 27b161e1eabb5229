import { isAscii } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { InvalidInputError } from '../errors.ts';
import { refuseOtherFormats } from '../files/file-format.ts';
import { encodingOf, findEncoding } from './encoding.ts';
import { TextCleaner } from './text-cleaner.ts';

/** What the encoding and the line ends of a file are judged by. */
const START_BYTES = 4096;
/** More than the bytes of any character; even, for UTF-16. */
const TAIL_BYTES = 6;

const ANOTHER_ENCODING =
  'If a program for Windows in Western Europe wrote it, pass --encoding windows-1252; else the encoding that it has.';
const DAMAGED = 'Characters before it are valid, so that line is damaged: correct it in the file.';
const TRUNCATED = 'It is truncated: import the whole file.';

export interface DecodeOptions {
  /** The label of an encoding, such as windows-1252; a byte order mark wins. By default UTF-8, or UTF-16 if the bytes show it. */
  encoding?: string | undefined;
  /** Receives a sentence on how the text is read, if that is not as asked for. */
  note?(sentence: string): void;
  /** Receives the encoding, before the first text. */
  chosen?(encoding: string): void;
}

/** The bytes are not text in the encoding, and nothing shows that it was the right one. */
export class WrongEncodingError extends InvalidInputError {}

/**
 * Decodes text, piece by piece, without a byte order mark, and with line feeds in place of bare carriage returns. Strings
 * are text in UTF-8.
 * @throws InvalidInputError if the bytes are not text in the encoding
 */
export async function* decode(
  bytes: AsyncIterable<Buffer | string>,
  options: DecodeOptions = {},
): AsyncGenerator<string> {
  let decoder: Decoder | undefined;
  for await (const piece of withStart(bytes)) {
    decoder ??= startDecoder(piece, options);
    yield decoder.read(piece);
  }
  decoder?.end();
}

/** Makes the first piece long enough to judge by. */
async function* withStart(bytes: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of bytes) {
    const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (start === undefined) {
      yield buffer;
      continue;
    }
    start = Buffer.concat([start, buffer]);
    if (start.length >= START_BYTES) {
      yield start;
      start = undefined;
    }
  }
  if (start !== undefined && start.length > 0) {
    yield start;
  }
}

/**
 * Returns a decoder for a file that starts with these bytes.
 * @throws InvalidInputError if they are not text
 */
export function startDecoder(start: Buffer, options: DecodeOptions): Decoder {
  const encoding = chooseEncoding(start, options);
  options.chosen?.(encoding);
  return new Decoder(encoding);
}

function chooseEncoding(start: Buffer, { encoding: label, note }: DecodeOptions): string {
  const found = findEncoding(start.subarray(0, START_BYTES));
  const given = label === undefined ? undefined : encodingOf(label, found.encoding);
  if (found.by !== 'mark') {
    refuseOtherFormats(start, 'The file', 'CSV');
  } else if (given !== undefined && given !== found.encoding) {
    note?.(`It is read as ${found.encoding}, as its byte order mark says, not as ${given}.`);
    return found.encoding;
  }
  if (given === undefined && found.by === 'pattern') {
    note?.(`It is read as ${found.encoding}, as its NUL bytes show: it has no byte order mark.`);
  }
  return given ?? found.encoding;
}

export class Decoder {
  readonly #encoding: string;
  readonly #decoder: TextDecoder;
  readonly #cleaner = new TextCleaner();
  /** The last bytes before the next piece: from an even place, for UTF-16. */
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #isAscii = true;

  constructor(encoding: string) {
    this.#encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { fatal: true });
  }

  /** @throws InvalidInputError */
  read(piece: Buffer): string {
    let text: string;
    try {
      // Streamed: as a whole, Node 22 decodes windows-1252 as ISO 8859-1.
      text = this.#decoder.decode(piece, { stream: true });
    } catch (cause) {
      const before = this.#untilFailure(piece);
      this.#isAscii &&= isAscii(Buffer.from(before));
      this.#cleaner.clean(before);
      throw this.#refusal(`Line ${this.#cleaner.line} is not ${this.#encoding.toUpperCase()} text.`, DAMAGED, cause);
    }
    this.#bytes += piece.length;
    const tail = Buffer.concat([this.#tail, piece.subarray(-TAIL_BYTES - 1)]);
    this.#tail = tail.subarray(-TAIL_BYTES - (this.#bytes % 2));
    this.#isAscii &&= isAscii(piece);
    return this.#cleaner.clean(text);
  }

  /** @throws InvalidInputError if the last character is not complete */
  end(): void {
    try {
      this.#decoder.decode();
    } catch (cause) {
      const { line } = this.#cleaner;
      throw this.#refusal(
        `The file ends within a character of ${this.#encoding.toUpperCase()}, in line ${line}.`,
        TRUNCATED,
        cause,
      );
    }
  }

  /** The text of a piece until the first bytes that cannot be decoded. */
  #untilFailure(piece: Buffer): string {
    const lenient = new TextDecoder(this.#encoding);
    lenient.decode(this.#tail, { stream: true });
    const text = lenient.decode(piece, { stream: true });
    return text.slice(0, Math.max(0, text.indexOf('\ufffd')));
  }

  /** @param otherwise the hint if other characters beyond ASCII could be decoded, so that it is the right encoding */
  #refusal(message: string, otherwise: string, cause: unknown): InvalidInputError {
    return this.#isAscii
      ? new WrongEncodingError(message, { hint: ANOTHER_ENCODING, cause })
      : new InvalidInputError(message, { hint: otherwise, cause });
  }
}
