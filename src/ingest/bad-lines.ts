import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import type { CsvRecord } from './records.ts';

const MAX_LISTED = 10;

/** Keeps account of the lines that could not be imported, and puts them aside where that is wanted. */
export class BadLines {
  count = 0;
  readonly #aside: Writable | undefined;
  readonly #header: string;
  /** The lines with each problem. */
  readonly #listed = new Map<string, number[]>();

  /**
   * @param header the file's first line, which is also the first that is put aside
   * @param aside takes the lines as they were; where left out, a bad line spoils the import
   */
  constructor(header: string, aside: Writable | undefined) {
    this.#header = header;
    this.#aside = aside;
  }

  /** Whether enough is known: the import fails, and more lines would not be listed. */
  get fatal(): boolean {
    return this.#aside === undefined && this.count >= MAX_LISTED;
  }

  /** Whether the rows are still wanted. */
  get tolerated(): boolean {
    return this.#aside !== undefined || this.count === 0;
  }

  async add(record: CsvRecord, problem: string): Promise<void> {
    this.count++;
    if (this.#aside) {
      await write(this.#aside, `${this.count === 1 ? `${this.#header}\n` : ''}${record.text}\n`);
    } else {
      this.#listed.set(problem, [...(this.#listed.get(problem) ?? []), record.line]);
    }
  }

  /** @throws InvalidInputError where there are bad lines and they are not put aside */
  check(): void {
    if (this.tolerated) {
      return;
    }
    const lines = [...this.#listed].map(
      ([problem, at]) => `  line${at.length === 1 ? '' : 's'} ${at.join(', ')}: ${problem}`,
    );
    const count = `${this.count} bad line${this.count === 1 ? '' : 's'}${this.fatal ? ' so far' : ''}`;
    throw new InvalidInputError(`${count}; nothing was imported.\n${lines.join('\n')}`, {
      hint: 'Correct them, or put bad lines aside and import the others with --skip-bad FILE.',
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
