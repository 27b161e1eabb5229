import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { jsonText } from '../text/json.ts';
import { batched, jsonItems, ROWS_PER_PART } from './batches.ts';
import { commaSeparated, linesOf, tabSeparated } from './delimited.ts';
import { Messages } from './messages.ts';
import { escapedStream, type Streams, write } from './streams.ts';
import { forTerminal } from './style.ts';
import { counted, printableLines } from './text.ts';

/** A row to print: the keys are column names. */
export type Row = Record<string, unknown>;

interface ListForm {
  /** The columns of CSV, if there are more than those of a table; JSON has all properties of a row. */
  all?: readonly string[] | undefined;
  /** Whether to print the names of the columns; by default, unless the rows are tab-separated. */
  header?: boolean | undefined;
  /** The columns that a narrow window hides first. */
  hideFirst?: readonly string[];
  /** What shows those that it hides; by default, of a list that has `hideFirst`, `--columns`. */
  otherColumns?: string;
}

/** Writes data to stdout, in the format that the user chose, and messages to stderr. */
export class Output extends Messages {
  /** Whether the data is a table on a terminal. */
  get forPeople(): boolean {
    return !this.structured && this.#streams.stdoutIsTerminal;
  }

  /** Whether the data is a table, which is for people, on a terminal or elsewhere. */
  get isTable(): boolean {
    return this.forPeople || this.format === 'table';
  }

  /** Stdout, for data that is written in pieces; on a terminal, all that could act on it is escaped. */
  get data(): Writable {
    const { stdout, stdoutIsTerminal } = this.#streams;
    return stdoutIsTerminal ? escapedStream(stdout) : stdout;
  }

  /**
   * Stdout, for a file that is not text.
   * @throws InvalidInputError if it is a terminal
   */
  binary(format: string): Writable {
    const { stdout, stdoutIsTerminal } = this.#streams;
    if (stdoutIsTerminal) {
      throw new InvalidInputError(`A terminal cannot show ${format}.`, {
        hint: 'Write it to a file with --output FILE, or redirect standard output.',
      });
    }
    return stdout;
  }

  /** The same for what is worth nothing unless all of it is read: that the reader has closed the pipe is then a failure. */
  whole(format: string): Writable {
    this.#streams.whole = format;
    return this.binary(format);
  }

  /** The same with its data on stderr: for a report while stdout is a file. */
  get onStderr(): Output {
    const { stderr, stderrIsTerminal } = this.#streams;
    return this.with({ stdout: stderr, stdoutIsTerminal: stderrIsTerminal });
  }

  /** The same with other streams, and in another format. */
  with(streams: Partial<Streams>, format = this.format): Output {
    return new Output({ ...this.settings, streams: { ...this.#streams, ...streams }, format });
  }

  /** Prints rows, with these columns in a table. */
  async list(rows: readonly object[], columns: readonly string[], form: ListForm = {}): Promise<void> {
    if (this.isTable) {
      return await this.#hidden(await this.#table(rows, columns, form), form);
    }
    switch (this.format) {
      case 'json':
        return await this.#print(`${jsonText(rows, this.#indent)}\n`);
      case 'ndjson':
        return await this.#print(rows.map((row) => `${jsonText(row)}\n`).join(''));
      case 'csv':
        return await this.#csv(rows, form.all ?? columns, form.header);
      default:
        return await this.#print(tabSeparated(linesOf(rows, columns, form.header)));
    }
  }

  /** Prints rows as they arrive, a table on a terminal in parts. */
  async stream(rows: AsyncIterable<Row>, columns: readonly string[]): Promise<void> {
    await this.batches(batched(rows, this.forPeople ? ROWS_PER_PART : 1), columns);
  }

  /**
   * Prints rows as they arrive: JSON as one array, valid even if they end with an error, a table in parts, CSV with all columns.
   */
  async batches(
    batches: AsyncIterable<readonly Row[]>,
    columns: readonly string[],
    form: ListForm = {},
  ): Promise<void> {
    let first = true;
    let { all } = form;
    let hidden = 0;
    const isJson = this.format === 'json';
    const endJson = async () => await this.#print(first ? '[]\n' : `${this.#indent ? '\n' : ''}]\n`);
    try {
      for await (const rows of batches) {
        if (isJson) {
          await this.#print(jsonItems(rows, first, this.#indent));
        } else if (this.isTable) {
          hidden = Math.max(hidden, await this.#table(rows, columns, form));
        } else {
          all ??= [...new Set([...columns, ...Object.keys(rows[0] ?? {})])];
          await this.list(rows, columns, { all, header: first ? form.header : false });
        }
        first = false;
      }
    } catch (error) {
      if (isJson && !first) {
        await endJson();
      }
      throw error;
    }
    if (isJson) {
      await endJson();
    } else if (first) {
      await this.list([], columns, form);
    }
    await this.#hidden(hidden, form);
  }

  /** Prints rows, and in JSON one object with the rows and facts about all of them, such as their total. */
  async report(facts: Row, rows: readonly object[], columns: readonly string[], form?: ListForm): Promise<void> {
    await (this.format === 'json' ? this.one({ ...facts, items: rows }) : this.list(rows, columns, form));
  }

  /**
   * Prints the next row of an endless list: a line, in JSON an object.
   * @param first whether to print the header of CSV before it
   */
  async next(row: Row, columns: readonly string[], first: boolean): Promise<void> {
    switch (this.format) {
      case 'json':
      case 'ndjson':
        return await this.#print(`${jsonText(row)}\n`);
      case 'csv':
        return await this.#csv([row], columns, first);
      default:
        return await this.#print(tabSeparated(linesOf([row], columns)));
    }
  }

  /** Prints one row: an object, or one line per column. */
  async one(row: Row): Promise<void> {
    if (this.structured) {
      const { caveats } = this.settings;
      const whole = caveats.length > 0 ? { ...row, caveats } : row;
      return this.format === 'json'
        ? await this.#print(`${jsonText(whole, this.#indent)}\n`)
        : await this.list([whole], Object.keys(whole));
    }
    if (this.isTable) {
      const { renderCard } = await import('./table.ts');
      return await this.#print(renderCard(row, this.look));
    }
    await this.#print(tabSeparated(Object.entries(row)));
  }

  /**
   * Reports that a row was created or changed: prints the row in a machine-readable format, else a message on stderr, and in
   * a pipe its public id (or id, if it has none) on stdout, for scripts, but not with --quiet. Generated secrets are added to
   * the row, or printed on stderr.
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
    if (!this.settings.quiet && !this.#streams.stdoutIsTerminal && reference !== undefined) {
      await this.#print(tabSeparated([[reference]]));
    }
  }

  /** Reports that something is done: prints the facts in a machine-readable format, else the message. */
  async done(message: string, facts: Row): Promise<void> {
    await (this.structured ? this.one(facts) : this.say(message));
  }

  /** Reports that there was nothing to do: prints a warning, and the facts in a machine-readable format. */
  async nothing(message: string, facts: Row): Promise<void> {
    await this.warn(message);
    if (this.structured) {
      await this.one(facts);
    }
  }

  /** Prints text to stdout; unchanged, unless it is a terminal. */
  async text(text: string): Promise<void> {
    await this.#print(text);
  }

  get #streams(): Streams {
    return this.settings.streams;
  }

  get #indent(): number | undefined {
    return this.#streams.stdoutIsTerminal ? 2 : undefined;
  }

  /** Prints rows as a table, and returns how many columns the window hides. */
  async #table(
    rows: readonly object[],
    columns: readonly string[],
    { header = true, hideFirst = [] }: ListForm,
  ): Promise<number> {
    if (rows.length === 0) {
      return 0;
    }
    const { renderTable } = await import('./table.ts');
    const width = this.#streams.stdoutIsTerminal ? this.#streams.columns() : Number.POSITIVE_INFINITY;
    const { text, hidden } = await renderTable(columns, rows, { ...this.look, width, header, hideFirst });
    await this.#print(text);
    return hidden;
  }

  /** Prints on the terminal how many columns the window hides. */
  async #hidden(count: number, { hideFirst, otherColumns }: ListForm): Promise<void> {
    if (count > 0 && !this.settings.quiet) {
      const way = otherColumns ?? (hideFirst ? '--columns or a wider window' : 'a wider window or --json');
      await this.#print(`${this.style.dim(`${counted(count, 'column')} hidden: ${way}`)}\n`);
    }
  }

  async #csv(rows: readonly object[], columns: readonly string[], header = true): Promise<void> {
    const text = await commaSeparated(linesOf(rows, columns, header));
    await this.#print(this.#streams.stdoutIsTerminal ? printableLines(text) : text);
  }

  async #print(text: string): Promise<void> {
    if (text) {
      this.#streams.drawn.line?.clear();
      await write(this.#streams.stdout, this.#streams.stdoutIsTerminal ? forTerminal(text) : text);
    }
  }
}
