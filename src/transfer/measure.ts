import type { ClientBase } from 'pg';
import { identifier } from '../database/sql.ts';

/** What is compared of a table: how many rows, and a sum over all of them in which their order does not matter. */
export interface Measure {
  rows: number;
  checksum: string;
}

/**
 * Measures the rows of a table.
 * @param values what of a row counts, as SQL; the session's settings must be the same where measures are compared
 */
export async function measure(client: ClientBase, table: string, values: readonly string[]): Promise<Measure> {
  const { rows } = await client.query<{ rows: string; checksum: string }>(
    `select count(*) as rows, coalesce(sum(('x' || left(md5(row(${values.join(', ')})::text), 16))::bit(64)::bigint), 0)::text as checksum
       from ${identifier(table)}`,
  );
  return { rows: Number(rows[0]?.rows), checksum: rows[0]?.checksum ?? '' };
}

export async function countRows(client: ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ rows: string }>(`select count(*) as rows from ${identifier(table)}`);
  return Number(rows[0]?.rows);
}

export function isSame(one: Measure, other: Measure): boolean {
  return one.rows === other.rows && one.checksum === other.checksum;
}
