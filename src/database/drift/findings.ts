import { identifier } from '../sql.ts';
import type { PresentTable } from './present.ts';

/** How a database differs from what is wanted. */
export interface Drift {
  /**
   * What is missing or wrong: statements without their semicolon, to be run one by one from the first to the last, and
   * comments (`-- `) where it takes a person. They add, widen, validate, and rename what is in the way; nothing is dropped
   * but a constraint that goes by the name that our migration gave it, in the statement that puts the right one there.
   */
  differences: string[];
  /** What is there besides, or is better than wanted: nothing to do. */
  notes: string[];
}

/** PostgreSQL cuts names off here. */
const LONGEST_NAME = 63;

/** What is found while tables are compared. */
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

  /** Offers statements that anybody may run, beside a running server too. */
  offer(...statements: string[]): void {
    this.differences.push(...statements);
  }

  /** Offers statements where the schema is ours; else says what is wanted. */
  change(wanted: string, ...statements: string[]): void {
    this.differences.push(...(this.isOurs ? statements : [`-- ${wanted}`]));
  }

  /** Says what it takes a person to mend. */
  explain(text: string): void {
    this.differences.push(`-- ${text}`);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** A name as SQL, quoted where it is ours. */
  quote(name: string): string {
    return this.isOurs || !/^[a-z_][a-z0-9_]*$/.test(name) ? identifier(name) : name;
  }

  list(names: readonly string[]): string {
    return names.map((name) => this.quote(name)).join(', ');
  }

  /** The name, or the name with a number where another relation has it. */
  freeName(name: string, alsoTaken: readonly string[] = []): string {
    let free = name.slice(0, LONGEST_NAME);
    for (let number = 2; this.#taken.has(free) || alsoTaken.includes(free); number += 1) {
      free = `${name.slice(0, LONGEST_NAME - `${number}`.length)}${number}`;
    }
    this.#taken.add(free);
    return free;
  }

  /** Gives the name of an index, which is about to be renamed, to somebody else. */
  release(name: string): void {
    this.#taken.delete(name);
  }
}

/** Whether so many names are the same, in any order. */
export function isSameSet(one: readonly (string | null)[], other: readonly (string | null)[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/** CONCURRENTLY, where the table can be indexed so: nobody waits. */
export function concurrently({ spread }: Pick<PresentTable, 'spread'>): string {
  return spread ? '' : ' concurrently';
}
