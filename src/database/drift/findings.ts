import { identifier } from '../sql.ts';

/** How a database differs from its layout. */
export interface Drift {
  /**
   * What is missing or wrong: statements without semicolons, to run one by one in order, and comments (`-- `) for what has
   * to be fixed by hand. They add, widen, validate, and rename what is in the way; nothing is dropped except a constraint
   * with the name that our migration gives it, in the statement that adds the right one.
   */
  differences: string[];
  /** What exists in addition, or is better than expected: nothing to do. */
  notes: string[];
}

/** PostgreSQL truncates longer names. */
const MAX_NAME_LENGTH = 63;

/** Collects the findings of a comparison. */
export class Findings implements Drift {
  readonly differences: string[] = [];
  readonly notes: string[] = [];
  /** Whether the schema is ours to change; if not, only what the server's own migrations do not touch is offered as SQL. */
  readonly isOurs: boolean;
  readonly #taken: Set<string>;

  constructor(isOurs: boolean, taken: Iterable<string>) {
    this.isOurs = isOurs;
    this.#taken = new Set(taken);
  }

  /** Offers statements that are safe to run, even while the server is running. */
  offer(...statements: string[]): void {
    this.differences.push(...statements);
  }

  /** Offers statements if the schema is ours; otherwise states what is expected. */
  change(wanted: string, ...statements: string[]): void {
    this.differences.push(...(this.isOurs ? statements : [`-- ${wanted}`]));
  }

  /** States what has to be fixed by hand. */
  explain(text: string): void {
    this.differences.push(`-- ${text}`);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** Returns a name as SQL, always quoted in a schema of ours. */
  quote(name: string): string {
    return this.isOurs || !/^[a-z_][a-z0-9_]*$/.test(name) ? identifier(name) : name;
  }

  list(names: readonly string[]): string {
    return names.map((name) => this.quote(name)).join(', ');
  }

  /** Returns the name, with a number if another relation has it. */
  freeName(name: string, alsoTaken: readonly string[] = []): string {
    let free = name.slice(0, MAX_NAME_LENGTH);
    for (let number = 2; this.#taken.has(free) || alsoTaken.includes(free); number += 1) {
      free = `${name.slice(0, MAX_NAME_LENGTH - `${number}`.length)}${number}`;
    }
    this.#taken.add(free);
    return free;
  }

  /** Frees the name of an index that is about to be renamed. */
  release(name: string): void {
    this.#taken.delete(name);
  }
}

/** Whether two lists have the same names, in any order. */
export function isSameSet(one: readonly (string | null)[], other: readonly (string | null)[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
