import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import type { CsvRecord } from './records.ts';

const MAX_LISTED = 10;
/** Rejected lines are written in pieces: one write for each would take twenty times as long as importing it. */
const PIECE_CHARACTERS = 64 * 1024;

/** Collects the lines that cannot be imported: writes them to a stream, or lists the first ones in an error. */
export class BadLines {
  count = 0;
  readonly #header: string;
  readonly #rejects: Writable | undefined;
  /** Not written yet. */
  #text = '';
  /** The numbers of the lines with each problem. */
  readonly #listed = new Map<string, number[]>();

  /**
   * @param header the first line of the file, also written above the rejected lines
   * @param rejects receives the rejected lines unchanged; without it, a bad line fails the import
   */
  constructor(header: string, rejects: Writable | undefined) {
    this.#header = header;
    this.#rejects = rejects;
  }

  /** Whether the import is bound to fail and has as many bad lines as its error lists. */
  get fatal(): boolean {
    return this.#rejects === undefined && this.count >= MAX_LISTED;
  }

  /** Whether rows are still to be imported. */
  get tolerated(): boolean {
    return this.#rejects !== undefined || this.count === 0;
  }

  async add(record: CsvRecord, problem: string): Promise<void> {
    this.count++;
    if (this.#rejects) {
      this.#text += `${this.count === 1 ? `${this.#header}\n` : ''}${record.text}\n`;
      if (this.#text.length >= PIECE_CHARACTERS) {
        await this.flush();
      }
    } else {
      const what = record.text.includes('\0') ? 'it contains NUL bytes, as a power failure leaves them' : problem;
      this.#listed.set(what, [...(this.#listed.get(what) ?? []), record.line]);
    }
  }

  /** Writes the rejected lines that are still in memory. */
  async flush(): Promise<void> {
    if (this.#rejects && this.#text !== '') {
      await write(this.#rejects, this.#text);
      this.#text = '';
    }
  }

  /** @throws InvalidInputError if there are bad lines and nowhere to write them */
  check(): void {
    if (this.tolerated) {
      return;
    }
    const lines = [...this.#listed].map(
      ([problem, at]) => `  line${at.length === 1 ? '' : 's'} ${at.join(', ')}: ${problem}`,
    );
    const count = `${this.count} bad line${this.count === 1 ? '' : 's'}${this.fatal ? ' so far' : ''}`;
    throw new InvalidInputError(`${count}; nothing was imported.\n${lines.join('\n')}`, {
      hint: 'Correct them, or pass --skip-bad FILE to write rejected lines to FILE and import the others.',
    });
  }
}

async function write(stream: Writable, text: string): Promise<void> {
  if (stream.errored) {
    throw stream.errored;
  }
  if (!stream.write(text)) {
    await once(stream, 'drain');
  }
}
