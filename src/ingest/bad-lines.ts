import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { InvalidInputError } from '../errors.ts';
import { grouped } from '../text/counted.ts';
import { excerpt } from '../text/printable.ts';
import { csvCell } from './csv-cell.ts';
import type { CellProblem } from './measurement.ts';
import { REJECTION_COLUMNS } from './plan/columns.ts';
import type { ReadingPlan } from './plan/reading-plan.ts';
import type { CsvRecord } from './records.ts';

const MAX_LISTED = 10;
/** So many unknown events are named in one message, but after so many lines it is time to stop. */
const MAX_UNKNOWN = 100;
const MAX_UNKNOWN_LINES = 100_000;
/** Rejected lines are written in pieces: one write for each would take twenty times as long as importing it. */
const PIECE_CHARACTERS = 64 * 1024;
const MAX_BAD_SHARE = 0.1;

const SKIP_HINT = 'Correct them, or pass --skip-bad FILE to write rejected lines to FILE and import the others.';
const UNKNOWN_HINT =
  'Create the events with --create-events, name existing ones with --map "NAME=EVENT", or leave names out with --ignore. ' +
  '"webmacs events list" shows the events.';

/** The reason to reject a line of an event that does not exist. */
export const UNKNOWN_EVENT = 'unknown event';

const NUL_BYTES: CellProblem = {
  reason: 'NUL bytes',
  problem: 'it contains NUL bytes, as a power failure leaves them',
};

/** A cell that cannot be imported. */
export interface BadCell extends CellProblem {
  column: number;
}

/** How often values were rejected for a reason, with the first one as an example. */
export interface Rejection {
  reason: string;
  count: number;
  example: string;
}

/** Collects what cannot be imported: writes it to a stream, or lists the first lines in an error. */
export class BadLines {
  /** Lines that are rejected, whole or in part. */
  lines = 0;
  /** Values that are rejected with them. */
  values = 0;
  readonly #plan: ReadingPlan;
  readonly #rejects: Writable | undefined;
  readonly #maxShare: number;
  readonly #reasons = new Map<string, Rejection>();
  /** Not written yet. */
  #text = '';
  /** How many lines have each problem, and the numbers of the first ones. */
  readonly #listed = new Map<string, { first: number[]; count: number }>();
  /** Lines of unknown events, and how many events. */
  #unknown = { lines: 0, events: 0 };

  /**
   * @param rejects receives the rejected lines and cells; without it, a bad line fails the import
   * @param maxShare the share of all values, from 0 to 1, of which more must not be rejected
   */
  constructor(plan: ReadingPlan, rejects: Writable | undefined, maxShare = MAX_BAD_SHARE) {
    this.#plan = plan;
    this.#rejects = rejects;
    this.#maxShare = maxShare;
  }

  /** Whether the import is bound to fail and has as many bad lines as its error lists. */
  get fatal(): boolean {
    const { lines, events } = this.#unknown;
    const isEnough = this.lines - lines >= MAX_LISTED || events >= MAX_UNKNOWN || lines >= MAX_UNKNOWN_LINES;
    return this.#rejects === undefined && isEnough;
  }

  /** Whether rows are still to be imported. */
  get tolerated(): boolean {
    return this.#rejects !== undefined || this.lines === 0;
  }

  get reasons(): readonly Rejection[] {
    return [...this.#reasons.values()];
  }

  /** Rejects a whole line. */
  async addLine(record: CsvRecord, problem: CellProblem): Promise<void> {
    const { layout } = this.#plan;
    const values =
      layout.kind === 'long' ? 1 : layout.events.filter(({ column }) => record.fields[column]?.trim()).length;
    await this.#add(record, problem, undefined, Math.max(1, values), () => record.text.replace(/\r$/, ''));
  }

  /** Rejects cells of a line. */
  async addCells(record: CsvRecord, cells: readonly BadCell[]): Promise<void> {
    const { layout, titles, table } = this.#plan;
    const columns = cells.map(({ column }) => titles[column]?.text ?? '').join('; ');
    const [first] = cells;
    const problem = cells.map((cell) => cell.problem).join('; ');
    const kept = new Set([...layout.time, ...cells.map(({ column }) => column)]);
    const text = () =>
      table.header.fields
        .map((_, column) => csvCell(kept.has(column) ? (record.fields[column] ?? '') : '', table.delimiter))
        .join(table.delimiter);
    await this.#add(record, { reason: first?.reason ?? '', problem }, columns, 0, text);
    for (const { reason, problem, column } of cells) {
      this.#count(reason, `line ${record.line}, column ${excerpt(titles[column]?.text ?? '')}: ${problem}`, 1);
    }
  }

  async #add(
    record: CsvRecord,
    found: CellProblem,
    column: string | undefined,
    values: number,
    text: () => string,
  ): Promise<void> {
    const { reason, problem } = record.text.includes('\0') ? NUL_BYTES : found;
    this.lines++;
    if (column === undefined) {
      this.#count(reason, `line ${record.line}: ${problem}`, values);
    }
    if (this.#rejects) {
      const { delimiter } = this.#plan.table;
      const why = [String(record.line), column ?? '', problem].map((cell) => csvCell(cell, delimiter));
      this.#text += `${this.lines === 1 ? this.#head() : ''}${[text(), ...why].join(delimiter)}\n`;
      if (this.#text.length >= PIECE_CHARACTERS) {
        await this.flush();
      }
    } else {
      const isOfCell = column !== undefined && problem === found.problem;
      const what = isOfCell ? `${problem}, in column ${excerpt(column)}` : problem;
      this.#list(what, record.line, reason === UNKNOWN_EVENT);
    }
  }

  #list(problem: string, line: number, isUnknownEvent: boolean): void {
    const listed = this.#listed.get(problem) ?? { first: [], count: 0 };
    this.#listed.set(problem, listed);
    listed.count++;
    if (listed.first.length < MAX_LISTED) {
      listed.first.push(line);
    }
    if (isUnknownEvent) {
      this.#unknown.lines++;
      this.#unknown.events += listed.count === 1 ? 1 : 0;
    }
  }

  #count(reason: string, example: string, values: number): void {
    this.values += values;
    const known = this.#reasons.get(reason);
    this.#reasons.set(reason, { reason, example: known?.example ?? example, count: (known?.count ?? 0) + values });
  }

  /** The lines above the first row, with columns for the reasons. */
  #head(): string {
    const { table } = this.#plan;
    const line = (text: string, cells: readonly string[]) => [text.replace(/\r$/, ''), ...cells].join(table.delimiter);
    const header = line(table.header.text, REJECTION_COLUMNS);
    const below = table.below.map(({ text }) => line(text, ['""', '""', '""']));
    return `${[...table.preamble, header, ...below].join('\n')}\n`;
  }

  /** Writes the rejected lines that are still in memory. */
  async flush(): Promise<void> {
    if (this.#rejects && this.#text !== '') {
      await write(this.#rejects, this.#text);
      this.#text = '';
    }
  }

  /**
   * @param imported how many values were not rejected
   * @throws InvalidInputError if there are bad lines and nowhere to write them, or too many of them
   */
  check(imported: number): void {
    if (this.lines === 0) {
      return;
    }
    if (!this.tolerated) {
      const lines = [...this.#listed].map(
        ([problem, { first, count }]) =>
          `  line${count === 1 ? '' : 's'} ${first.join(', ')}${count > first.length ? ` and ${grouped(count - first.length)} more` : ''}: ${problem}`,
      );
      const count = `${this.lines} bad line${this.lines === 1 ? '' : 's'}${this.fatal ? ' so far' : ''}`;
      throw new InvalidInputError(`${count}; nothing was imported.\n${lines.join('\n')}`, {
        hint: this.#unknown.events > 0 ? UNKNOWN_HINT : SKIP_HINT,
      });
    }
    const all = imported + this.values;
    if (this.values > this.#maxShare * all || imported === 0) {
      const share = `${this.values} of ${all} values (${percent(this.values / all)})`;
      const reasons = this.reasons.map(({ reason, count, example }) => `  ${count} × ${reason}, such as ${example}`);
      throw new InvalidInputError(
        `${share} were rejected, and nothing was imported: at most ${percent(this.#maxShare)} may be.\n${reasons.join('\n')}`,
        {
          hint:
            imported === 0
              ? 'See "webmacs datapoints import --help" for the options of reading a file.'
              : 'If the options fit the file, pass a larger share with --max-bad.',
        },
      );
    }
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

async function write(stream: Writable, text: string): Promise<void> {
  if (stream.errored) {
    throw stream.errored;
  }
  if (!stream.write(text)) {
    await once(stream, 'drain');
  }
}
