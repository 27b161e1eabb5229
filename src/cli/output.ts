import { type Streams, write } from './streams.ts';
import type { Style } from './style.ts';
import { printable, shortMoment } from './text.ts';

/** How data is written to stdout. */
export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** Of a table that is printed in parts. */
const ROWS_OF_PART = 500;

/** A row as it is printed: the keys are column names. */
export type Row = Record<string, unknown>;

/** Writes data to stdout and what is said about it to stderr, in the format the user chose. */
export class Output {
  readonly #streams: Streams;
  readonly #format: Format;
  readonly #quiet: boolean;
  readonly style: Style;

  constructor(streams: Streams, format: Format, quiet: boolean, style: Style) {
    this.#streams = streams;
    this.#format = format;
    this.#quiet = quiet;
    this.style = style;
  }

  /** Whether a person reads the data: a table, on a terminal. */
  get forPeople(): boolean {
    return this.#format === 'table' && this.#streams.stdoutIsTerminal;
  }

  /** Whether the data is meant for a program that parses it. */
  get structured(): boolean {
    return this.#format !== 'table';
  }

  /** A message about what has succeeded. */
  success(message: string): string {
    return `${this.style.green('✓')} ${message}`;
  }

  /**
   * Several rows.
   * @param columns those of the table
   * @param all those of CSV, where they are more; JSON has what a row has
   */
  async list(rows: readonly Row[], columns: readonly string[], all = columns): Promise<void> {
    switch (this.#format) {
      case 'json':
        return await this.#print(`${JSON.stringify(rows, undefined, this.#indent)}\n`);
      case 'ndjson':
        return await this.#print(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      case 'csv':
        return await this.#csv(rows, all);
      case 'table': {
        const cells = rows.map((row) => columns.map((column) => cell(row[column])));
        return await this.#print(this.#streams.stdoutIsTerminal ? await this.#table(columns, cells) : separated(cells));
      }
    }
  }

  /**
   * Rows that are printed as they come, however many; under JSON one array all the same, which is whole even where they
   * break off. A table on a terminal is printed in parts of so many rows, for its widths.
   */
  async stream(rows: AsyncIterable<Row>, columns: readonly string[]): Promise<void> {
    let all = columns;
    let part: Row[] = [];
    let first = true;
    if (this.#format === 'json') {
      await this.#print('[');
    }
    try {
      for await (const row of rows) {
        if (first) {
          all = [...new Set([...columns, ...Object.keys(row)])];
        }
        if (this.#format === 'json') {
          await this.#print(`${first ? '' : ',\n'}${JSON.stringify(row)}`);
        } else if (!this.forPeople) {
          await this.next(row, this.structured ? all : columns, first);
        } else if (part.push(row) === ROWS_OF_PART) {
          await this.list(part, columns);
          part = [];
        }
        first = false;
      }
    } finally {
      if (this.#format === 'json') {
        await this.#print(']\n');
      }
      if (this.forPeople || (this.#format === 'csv' && first)) {
        await this.list(part, columns);
      }
    }
  }

  /** Rows, and facts about all of them, of which these may be the first: as JSON one object with both, else the rows. */
  async report(facts: Row, rows: readonly Row[], columns: readonly string[]): Promise<void> {
    await (this.#format === 'json' ? this.one({ ...facts, items: rows }) : this.list(rows, columns));
  }

  /**
   * One more row of a list without an end: a line, under JSON an object.
   * @param first whether the header of CSV comes before it
   */
  async next(row: Row, columns: readonly string[], first: boolean): Promise<void> {
    switch (this.#format) {
      case 'json':
      case 'ndjson':
        return await this.#print(`${JSON.stringify(row)}\n`);
      case 'csv':
        return await this.#csv([row], columns, first);
      case 'table':
        return await this.#print(separated([columns.map((column) => cell(row[column]))]));
    }
  }

  /** One row: an object, or a line for each column. */
  async one(row: Row): Promise<void> {
    if (this.structured) {
      return this.#format === 'json'
        ? await this.#print(`${JSON.stringify(row, undefined, this.#indent)}\n`)
        : await this.list([row], Object.keys(row));
    }
    const entries = Object.entries(row).map(([key, value]) => [key, cell(value)]);
    if (!this.#streams.stdoutIsTerminal) {
      return await this.#print(separated(entries));
    }
    const width = Math.max(...entries.map(([key = '']) => key.length));
    const lines = entries.map(([key = '', value = '']) => `${this.style.dim(key.padEnd(width))}  ${value}`);
    await this.#print(`${lines.join('\n')}\n`);
  }

  /**
   * A row was made or changed: the row itself for programs, a sentence for people; in a pipe without a format, its public
   * id (its id, where it has none), which a script goes on with. Secrets made up for it are part of the row, or told on stderr.
   */
  async changed(message: string, row: Row, secrets: Record<string, string> = {}): Promise<void> {
    if (this.structured) {
      return await this.one({ ...row, ...secrets });
    }
    await this.say(message);
    for (const [name, value] of Object.entries(secrets)) {
      await this.secret(name, value);
    }
    const reference = row.public_id ?? row.id;
    if (!this.#streams.stdoutIsTerminal && reference !== undefined) {
      await this.#print(`${cell(reference)}\n`);
    }
  }

  /** What was made up and cannot be shown again, to stderr, even with --quiet. */
  async secret(name: string, value: string): Promise<void> {
    await write(this.#streams.stderr, `${name}: ${this.style.bold(value)}  (shown only now)\n`);
  }

  /** Something is done that leaves nothing to show but facts about it. */
  async done(message: string, facts: Row): Promise<void> {
    await (this.structured ? this.one(facts) : this.say(message));
  }

  /** Text as it is, to stdout. */
  async text(text: string): Promise<void> {
    await this.#print(text);
  }

  /** A sentence about what happens, to stderr, unless --quiet; a program that parses what is printed gets none. */
  async say(message: string): Promise<void> {
    if (!this.#quiet && !this.structured) {
      await write(this.#streams.stderr, `${message}\n`);
    }
  }

  /** A sentence that must be read, to stderr, even with --quiet. */
  async warn(message: string): Promise<void> {
    await write(this.#streams.stderr, `${this.style.yellow('warning:')} ${message}\n`);
  }

  get #indent(): number | undefined {
    return this.#streams.stdoutIsTerminal ? 2 : undefined;
  }

  async #table(columns: readonly string[], cells: string[][]): Promise<string> {
    if (cells.length === 0) {
      return '';
    }
    const { renderTable } = await import('./table.ts');
    return await renderTable(
      columns,
      cells.map((row) => row.map(shortMoment)),
      this.#streams.columns(),
      this.style,
    );
  }

  async #csv(rows: readonly Row[], columns: readonly string[], header = true): Promise<void> {
    const { stringify } = await import('csv-stringify/sync');
    const records = rows.map((row) => columns.map((column) => plain(row[column])));
    await this.#print(stringify([...(header ? [[...columns]] : []), ...records]));
  }

  async #print(text: string): Promise<void> {
    if (text) {
      await write(this.#streams.stdout, text);
    }
  }
}

function separated(cells: string[][]): string {
  return cells.map((row) => `${row.join('\t')}\n`).join('');
}

function cell(value: unknown): string {
  return printable(plain(value));
}

function plain(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
