import { InvalidInputError } from '../../errors.ts';
import { excerpt } from '../../text/printable.ts';
import type { BadCell } from '../bad-lines.ts';
import type { EventNames } from '../event-names.ts';
import { isNan, kindOfCell } from './cell.ts';
import type { CreateEvent } from './mapping.ts';
import type { EventColumn, ReadingPlan } from './reading-plan.ts';
import { newName } from './title.ts';

/** The columns of a file with a column per event that are empty in its first part, and are not known events. */
export class EmptyColumns {
  /** Those that have had a value since, with the event that was created for it. */
  readonly filled: EventColumn[] = [];
  #columns: readonly number[];
  readonly #plan: ReadingPlan;
  readonly #names: EventNames;
  readonly #create: CreateEvent | undefined;

  readonly #onFilled: (filled: EventColumn) => void;

  private constructor(...[plan, names, create, onFilled]: Parameters<typeof EmptyColumns.of>) {
    this.#plan = plan;
    this.#names = names;
    this.#create = create;
    this.#onFilled = onFilled;
    this.#columns = plan.ignored.filter(({ why }) => why === 'empty').map(({ column }) => column);
  }

  /**
   * Returns the empty columns of a file that has some.
   * @param create makes an event that does not exist; without it, values are rejected
   * @param onFilled called for a column whose first value is about to be read
   */
  static of(
    plan: ReadingPlan,
    names: EventNames,
    create: CreateEvent | undefined,
    onFilled: (filled: EventColumn) => void,
  ): EmptyColumns | undefined {
    const columns = new EmptyColumns(plan, names, create, onFilled);
    return columns.#columns.length > 0 ? columns : undefined;
  }

  /** The names of the events that would have been created, had there been a value. */
  get unfilled(): string[] {
    const { titles } = this.#plan;
    const empty = this.#create ? this.#columns.flatMap((column) => titles[column] ?? []) : [];
    return empty
      .map((title) => newName(title, titles))
      .filter((name) => name !== '' && !this.#names.findIgnoringCase(name));
  }

  /** Creates events for the columns in which a row has the first value; returns the values for which there is none. */
  read(fields: readonly string[]): BadCell[] | undefined {
    let bad: BadCell[] | undefined;
    for (const column of this.#columns) {
      const cell = fields[column] ?? '';
      const problem = this.#isValue(cell) ? this.#fill(column, cell) : undefined;
      if (problem) {
        bad = [...(bad ?? []), problem];
      }
    }
    return bad;
  }

  #isValue(cell: string): boolean {
    const isKept = this.#create !== undefined && this.#plan.values.keepNan;
    return cell !== '' && (kindOfCell(cell) === 'number' || (isKept && isNan(cell.trim())));
  }

  #fill(column: number, cell: string): BadCell | undefined {
    const { titles } = this.#plan;
    const title = titles[column];
    const name = title && newName(title, titles);
    if (!title || !name || !this.#create || this.#names.findIgnoringCase(name)) {
      const reason = 'a value in a column that was empty so far and does not match an event';
      return { column, reason, problem: `${excerpt(cell)} is ${reason}` };
    }
    try {
      const filled = { column, event: this.#create(name, title.unit) };
      this.filled.push(filled);
      this.#columns = this.#columns.filter((other) => other !== column);
      this.#onFilled(filled);
      return undefined;
    } catch (error) {
      return { column, ...cannotCreate(error) };
    }
  }
}

/**
 * Returns why an event cannot be created.
 * @throws whatever is not the fault of the name or unit
 */
export function cannotCreate(error: unknown): { reason: string; problem: string } {
  if (error instanceof InvalidInputError) {
    return { reason: 'an event that cannot be created', problem: error.message.replace(/\.$/, '') };
  }
  throw error;
}
