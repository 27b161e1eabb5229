import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { copyRows, type RowSink } from '../database/copy-out.ts';
import { distributionOf } from '../database/distributed.ts';
import { identifier } from '../database/sql.ts';
import { Ranges } from './ranges.ts';

const LINE_FEED = 10;
const COLLECTED_BYTES = 256 * 1024;

/** The row count of a table, and the SHA-256 of its rows in the text format of COPY, ordered by id. */
export interface Measure {
  rows: number;
  checksum: string;
}

/** Measures rows as they pass. */
export class Measuring {
  readonly #hash = createHash('sha256');
  rows = 0;
  bytes = 0;

  add(piece: Buffer): void {
    this.#hash.update(piece);
    this.rows += rowsIn(piece);
    this.bytes += piece.length;
  }

  end(): Measure {
    return { rows: this.rows, checksum: this.#hash.digest('hex') };
  }
}

/** Counts the rows that end in a piece: in the text format of COPY a line end always ends a row. */
export function rowsIn(piece: Buffer): number {
  let rows = 0;
  for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, at + 1)) {
    rows += 1;
  }
  return rows;
}

/** Cuts pieces of rows where a row ends. */
export async function* wholeRows(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const rows = piece.subarray(0, end);
      yield held.length > 0 ? Buffer.concat([...held, rows]) : rows;
      held = [];
    }
    if (end < piece.length) {
      held.push(piece.subarray(end));
    }
  }
  if (held.length > 0) {
    yield Buffer.concat(held);
  }
}

/** Measures the rows that a source yields. */
export async function measureAll(pieces: AsyncIterable<Buffer>): Promise<Measure> {
  const measuring = new Measuring();
  for await (const piece of pieces) {
    measuring.add(piece);
  }
  return measuring.end();
}

/**
 * Measures the rows of a table.
 * @param values of a row, as SQL; sessions must have the same settings for measures to be comparable
 */
export async function measure(client: ClientBase, table: string, values: readonly string[]): Promise<Measure> {
  const hash = createHash('sha256');
  // Rows are hashed many at a time: a call for each would take as long as reading them.
  const collected = Buffer.allocUnsafeSlow(COLLECTED_BYTES);
  let length = 0;
  const flush = () => {
    hash.update(collected.subarray(0, length));
    length = 0;
  };
  const sink: RowSink = {
    row(bytes, start, end) {
      if (length + end - start > COLLECTED_BYTES) {
        flush();
      }
      if (end - start > COLLECTED_BYTES) {
        hash.update(bytes.subarray(start, end));
      } else {
        length += bytes.copy(collected, length, start, end);
      }
    },
    room: () => undefined,
  };
  let rows = 0;
  for await (const copy of copiesOf(client, table, values)) {
    rows += await copyRows(client, copy, sink);
  }
  flush();
  return { rows, checksum: hash.digest('hex') };
}

/**
 * Yields the COPY of the rows of a table, ordered by id; where several servers have them, one for each range of ids, since one for
 * all would collect and sort them before it returns the first.
 */
export async function* copiesOf(
  client: ClientBase,
  table: string,
  values: readonly string[],
): AsyncGenerator<string, void> {
  const copyOf = (condition: string) =>
    `copy (select ${values.join(', ')} from ${identifier(table)} where ${condition} order by id) to stdout`;
  const distribution = await distributionOf(client, table);
  if (distribution === undefined || distribution === 'copies') {
    yield copyOf('true');
    return;
  }
  const ranges = new Ranges([table], 'distributed');
  for (let range = await ranges.take(client); range; range = await ranges.take(client)) {
    yield copyOf(range.condition);
  }
}

export async function countRows(client: ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ rows: number | string }>(`select count(*) as rows from ${identifier(table)}`);
  return Number(rows[0]?.rows);
}

export function isSame(one: Measure, other: Measure): boolean {
  return one.rows === other.rows && one.checksum === other.checksum;
}
