import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Pool } from 'pg';
import { literal } from '../../src/database/sql.ts';

/** A datapoint as the server has it, by the titles of the long form; the time in microseconds since 1970. */
export interface Row {
  timestamp: bigint;
  event_name: string;
  event_public_id: string;
  value: number;
  unit: string | null;
  datapoint_public_id: string;
}

/** Returns the datapoints of an experiment in order. */
export async function datapointsOf(pool: Pool, experimentPublicId: string): Promise<Row[]> {
  const { rows } = await pool.query(
    `select (extract(epoch from d.timestamp) * 1000000)::bigint::text as timestamp, e.name as event_name, e.public_id as event_public_id,
            d.value, e.unit, d.public_id as datapoint_public_id
     from datapoints d join events e on e.public_id = d.event_public_id
     where d.experiment_public_id = ${literal(experimentPublicId)} order by d.timestamp, d.id`,
  );
  return rows.map((row) => ({ ...row, timestamp: BigInt(row.timestamp) }));
}

/** Returns a row for each time with the value of each event, which must have no two at a time. */
export function pivoted(rows: readonly Row[], eventNames: readonly string[]): Record<string, unknown>[] {
  const byTime = new Map<bigint, Record<string, unknown>>();
  for (const { timestamp, event_name, unit, value } of rows) {
    const empty = Object.fromEntries(eventNames.map((name) => [`${name} [${unit}]`, null]));
    const row = byTime.get(timestamp) ?? { timestamp, ...empty };
    row[`${event_name} [${unit}]`] = value;
    byTime.set(timestamp, row);
  }
  return [...byTime.values()];
}

/** Reads a Parquet file; a Date would cut its times. */
export async function parquetRows(file: Buffer): Promise<Record<string, unknown>[]> {
  return await parquetReadObjects({
    file: bytesOf(file),
    compressors,
    parsers: { timestampFromMicroseconds: (time) => time },
  });
}

export function parquetFacts(file: Buffer) {
  return parquetMetadata(bytesOf(file));
}

function bytesOf(file: Buffer): ArrayBuffer {
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
}
