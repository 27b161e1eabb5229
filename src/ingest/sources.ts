import { addAbortSignal, Readable } from 'node:stream';
import { InvalidInputError, WebmacsError } from '../errors.ts';
import { copyRows } from './copy-rows.ts';
import type { Creation } from './creation.ts';
import { decode } from './decode.ts';
import type { Block } from './file-rows.ts';
import type { ImportRequest } from './import-request.ts';
import { notCreatedNotes } from './reading-notes.ts';
import type { Tally } from './tally.ts';

/** The content of a file, in pieces. */
export type Pieces = AsyncIterable<Buffer | string>;

/** A file to import, by the name that messages use. */
export interface NamedSource {
  name: string;
  /** Called when its turn comes, so that few files are open at once. */
  open(): Promise<Pieces>;
  /** Opens it a second time, if its first part does not show the order of day and month; without it, such a file is refused. */
  again?: (() => Promise<Pieces>) | undefined;
}

/** The rows of a file, with the duplicates that were left out. */
export interface FileSummary {
  name: string;
  rows: number;
}

/** The sources of an import, read one after the other. */
export class Sources {
  /** Those with a name that have been read. */
  readonly files: FileSummary[] = [];
  readonly #sources: readonly (Omit<NamedSource, 'name'> & { name?: string })[];
  #input: Readable | undefined;

  constructor(source: Pieces | readonly NamedSource[], again?: () => Promise<Pieces>) {
    if (Symbol.asyncIterator in source) {
      const input = readable(source);
      this.#input = input;
      this.#sources = [{ open: async () => input, again }];
    } else {
      this.#sources = source;
    }
  }

  /**
   * Turns all sources into rows for COPY.
   * @throws InvalidInputError that names the file, if there are several
   */
  async *rows(request: ImportRequest, tally: Tally, creation: Creation, signal: AbortSignal): AsyncGenerator<Block> {
    if (request.skipBad && this.#sources.length > 1) {
      throw new InvalidInputError('The rejected lines of several files cannot be written to one.', {
        hint: 'Import the files one by one.',
      });
    }
    for (const { name, open, again } of this.#sources) {
      const before = tally.rows;
      const note = (text: string) => void tally.notes.add(name === undefined ? text : `${name}: ${text}`);
      try {
        this.#input = addAbortSignal(signal, readable(await open()));
        const { encoding } = request;
        const text = decode(tally.countBytes(this.#input), { encoding, note });
        yield* copyRows({ text, again: again && reopened(again, encoding), note }, request, tally, creation);
      } catch (error) {
        throw this.#sources.length > 1 ? inFile(error, name) : error;
      } finally {
        this.destroy();
      }
      if (name !== undefined) {
        this.files.push({ name, rows: tally.rows - before });
      }
    }
    for (const sentence of notCreatedNotes(creation.withoutValues)) {
      tally.notes.add(sentence);
    }
  }

  /** Names the file in an error of the import, if there is one, it has a name, and was opened. */
  named(error: unknown): unknown {
    const [only, another] = this.#sources;
    return another || !this.#input ? error : inFile(error, only?.name);
  }

  /** Stops reading; with an error, the next read throws it. */
  destroy(error?: Error): void {
    this.#input?.destroy(error);
  }
}

/** Makes a stream of the content of a file, whose failures only the next read throws. */
export function readable(pieces: Pieces): Readable {
  const input = pieces instanceof Readable ? pieces : Readable.from(pieces, { objectMode: false });
  // What fails while nothing is being read, the next read throws.
  return input.on('error', () => {});
}

/** Decodes a file that is read a second time. */
export async function* reopened(open: () => Promise<Pieces>, encoding: string | undefined): AsyncGenerator<string> {
  const input = readable(await open());
  try {
    yield* decode(input, { encoding, note: () => {} });
  } finally {
    input.destroy();
  }
}

function inFile(error: unknown, name: string | undefined): unknown {
  return error instanceof WebmacsError && name !== undefined
    ? Object.assign(error, { message: `${name}: ${error.message}` })
    : error;
}
