import type { ClientBase } from 'pg';
import { TIMESCALE_SCHEMA } from '../database/layouts/storage-form.ts';
import { isoTimestamp } from '../entities/types.ts';

/** What TimescaleDB knows about a chunk. Times are ISO 8601; null without a limit, or if chunks are not chosen by the time. */
export interface Chunk {
  from: string | null;
  to: string | null;
  compressed: boolean;
  /** With what is compressed. */
  bytes: number;
}

/** A hypertable of datapoints: how its chunks are chosen, and they by their oid. */
export interface Hypertable {
  key: string;
  /** Whether that is the time first. */
  isTimed: boolean;
  /** The time that a chunk covers, such as `7 days`. */
  period: string | null;
  chunks: ReadonlyMap<number, Chunk>;
}

/** Reads the schema that has the functions of TimescaleDB. */
export async function timescaleSchema(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ schema: string }>(`select ${TIMESCALE_SCHEMA} as schema`);
  return rows[0]?.schema ?? 'public';
}

/** Reads the chunks, in a transaction whose time zone is UTC. */
export async function hypertableOf(client: ClientBase): Promise<Hypertable> {
  const { rows } = await client.query<{ key: string; period: string | null; chunks: (Chunk & { oid: number })[] }>(
    `with this as (select relnamespace::regnamespace::text as schema from pg_class where oid = 'datapoints'::regclass)
     select format('RANGE (%s)', string_agg(quote_ident(column_name), ', ' order by dimension_number)) as key,
            min(time_interval) filter (where dimension_number = 1)::text as period,
            (select coalesce(json_agg(json_build_object('oid', c.oid::int8, 'compressed', is_compressed, 'bytes', total_bytes,
                      'from', case when isfinite(range_start) then range_start::text end,
                      'to', case when isfinite(range_end) then range_end::text end)), '[]')
               from timescaledb_information.chunks join this on quote_ident(hypertable_schema) = schema and hypertable_name = 'datapoints'
               join pg_class c on relname = chunk_name and relnamespace = quote_ident(chunk_schema)::regnamespace
               left join ${await timescaleSchema(client)}.chunks_detailed_size('datapoints') using (chunk_schema, chunk_name)) as chunks
       from timescaledb_information.dimensions join this
         on quote_ident(hypertable_schema) = schema and hypertable_name = 'datapoints'`,
  );
  const { key = '', period = null, chunks = [] } = rows[0] ?? {};
  const isTimed = /^RANGE \("?timestamp"?\b/.test(key);
  const time = (text: string | null) => (text === null || !isTimed ? null : isoTimestamp(text));
  return {
    key,
    isTimed,
    period,
    chunks: new Map(chunks.map(({ oid, from, to, ...chunk }) => [oid, { ...chunk, from: time(from), to: time(to) }])),
  };
}
