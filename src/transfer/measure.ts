import type { ClientBase } from 'pg';
import { identifier } from '../database/sql.ts';

/** The row count of a table, and a checksum over all rows that does not depend on their order. */
export interface Measure {
  rows: number;
  checksum: string;
}

/**
 * Measures the rows of a table.
 * @param values the compared values of a row, as SQL; sessions must have the same settings for measures to be comparable
 */
export async function measure(client: ClientBase, table: string, values: readonly string[]): Promise<Measure> {
  const { rows } = await client.query<{ rows: number | string; checksum: string }>(
    `select count(*) as rows, coalesce(sum(('x' || left(md5(row(${values.join(', ')})::text), 16))::bit(64)::bigint), 0)::text as checksum
       from ${identifier(table)}`,
  );
  return { rows: Number(rows[0]?.rows), checksum: rows[0]?.checksum ?? '' };
}

export async function countRows(client: ClientBase, table: string): Promise<number> {
  const { rows } = await client.query<{ rows: number | string }>(`select count(*) as rows from ${identifier(table)}`);
  return Number(rows[0]?.rows);
}

export function isSame(one: Measure, other: Measure): boolean {
  return one.rows === other.rows && one.checksum === other.checksum;
}
