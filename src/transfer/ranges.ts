import type { ClientBase } from 'pg';
import type { StorageForm } from '../database/layouts/storage-form.ts';
import { identifier } from '../database/sql.ts';

/** About 4 MB of datapoints. */
const ROWS_PER_RANGE = 25_000;
/** How many ranges without gaps are followed by one of which the ids are counted again. */
const RANGES_UNCOUNTED = 7;

/** Consecutive rows of a table in the order of their ids. */
export interface Range {
  table: string;
  /** Counted from 1 in each table. */
  number: number;
  /** As SQL. */
  condition: string;
}

/** Divides tables into ranges of ids with about as many rows each, one after the other, for several connections to read. */
export class Ranges {
  readonly #tables: string[];
  readonly #storage: StorageForm;
  #after: string | undefined;
  #number = 0;
  /** How many of the next ranges have as many ids as a range has rows, and where none are missing as many rows. */
  #uncounted = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param storage of the datapoints */
  constructor(tables: readonly string[], storage: StorageForm) {
    this.#tables = [...tables];
    this.#storage = storage;
  }

  /** Returns the next range; `undefined` after the last. */
  async take(client: ClientBase): Promise<Range | undefined> {
    const taken = this.#last.then(() => this.#next(client));
    this.#last = taken;
    return await taken;
  }

  async #next(client: ClientBase): Promise<Range | undefined> {
    for (let table = this.#tables[0]; table !== undefined; table = this.#tables[0]) {
      // A number in the statement has the type of the id, or a larger one that the index takes too.
      const start = this.#after === undefined ? '' : `id > ${this.#after}`;
      const ids = `from ${identifier(table)} ${start && `where ${start}`}`;
      // Each of several servers would send as many ids as a range has rows.
      const isCounted = this.#uncounted === 0 && !(this.#storage === 'distributed' && table === 'datapoints');
      const { rows } = await client.query<{ last: string | null; whole: boolean }>(
        isCounted
          ? `select max(id)::text as last, max(id)::numeric - min(id) < ${2 * ROWS_PER_RANGE} as whole
               from (select id ${ids} order by id limit ${ROWS_PER_RANGE}) as ids`
          : `select (min(id)::numeric + ${ROWS_PER_RANGE - 1})::text as last ${ids}`,
      );
      if (isCounted) {
        this.#uncounted = rows[0]?.whole ? RANGES_UNCOUNTED : 0;
      } else {
        this.#uncounted -= 1;
      }
      const last = rows[0]?.last ?? undefined;
      if (last !== undefined) {
        const condition = `${start && `${start} and `}id <= ${last}`;
        this.#after = last;
        this.#number += 1;
        return { table, number: this.#number, condition };
      }
      this.#tables.shift();
      this.#after = undefined;
      this.#number = 0;
      this.#uncounted = 0;
    }
    return undefined;
  }
}
