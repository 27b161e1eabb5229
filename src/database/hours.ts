import type { ClientBase, Pool } from 'pg';
import { defined } from '../text/defined.ts';
import { CURRENT_SCHEMA } from './current-schema.ts';

/** The continuous aggregate that has the figures of each hour, event and experiment. */
export const HOURLY = 'datapoints_hourly';

/** The versions of TimescaleDB, as a pattern of LIKE, whose record of changes is known to be as it is read here. */
export const KNOWN_VERSION = '2.28.%';

/** Of larger values, the squares cannot be summed. */
export const SUMMABLE = 1e145;

const FINITE = `filter (where abs(value) < 'Infinity')`;
const SUMMED = `filter (where abs(value) < ${SUMMABLE})`;

const FIGURE_SQL = {
  count: 'count(*)',
  nan: `count(*) filter (where value = 'NaN')`,
  finite: `count(*) ${FINITE}`,
  low: `min(nullif(value, 'NaN'))`,
  high: `max(nullif(value, 'NaN'))`,
  min: `min(value) ${FINITE}`,
  max: `max(value) ${FINITE}`,
  summed: `count(*) ${SUMMED}`,
  mean: `avg(value) ${SUMMED}`,
  // Of the differences from the mean.
  squares: `regr_sxx(value, value) ${SUMMED}`,
  first: 'min("timestamp")',
  last: 'max("timestamp")',
};

/** SQL for the figures of a group of datapoints, from which those of several groups can be calculated, and their names. */
export const FIGURES = Object.entries(FIGURE_SQL)
  .map(([name, sql]) => `${sql} as ${name}`)
  .join(', ');
export const FIGURE_NAMES = Object.keys(FIGURE_SQL).join(', ');

/** SQL for whether a zero of a group is negative. Of both zeros, the least and the greatest is whichever is read last. */
export const NEGATIVE_ZERO = `coalesce(bool_or(case when value = 0 then float8send(value) = '\\x8000000000000000' end), false)`;

/** SQL for the rows of the aggregate as if each was a datapoint at the start of its hour. */
export const HOURS = `(select hour as timestamp, h.* from ${HOURLY} h)`;

/** A half-open range of whole hours, in microseconds since 1970. */
export interface Hours {
  from: bigint;
  to: bigint;
}

const HOUR = 3_600_000_000;
/** The years 1 to 9999. */
export const YEARS = `int8range(-62135596800000000, 253402300800000000)`;

/**
 * Returns the statements with which a transaction has to begin, before its snapshot, to read hours: so no chunk is dropped, compressed
 * or decompressed meanwhile, as of some of its rows a snapshot from before would see none. Empty if there are no hours to read, or if
 * the role may not lock the table so.
 */
export async function lockOfHours(client: ClientBase | Pool): Promise<string> {
  const { rows } = await client.query<{ usable: boolean }>(
    `select exists (
       select from pg_extension, pg_class
        where extname = 'timescaledb' and extversion like '${KNOWN_VERSION}'
          and relnamespace = ${CURRENT_SCHEMA} and relname = '${HOURLY}' and relkind = 'v'
          and has_table_privilege(pg_class.oid, 'select') and has_table_privilege('datapoints'::regclass, 'insert, update, delete, truncate')
     ) as usable`,
  );
  return rows[0]?.usable ? `lock table datapoints in row share mode; lock table ${HOURLY} in access share mode; ` : '';
}

/**
 * SQL for what is known of the hours, in a `with` clause: `ours` is the aggregate with its record, `chunks` are those of the
 * datapoints (`is_raw`) and its own, `covered` is what was recorded and still holds, and `changed` are later changes.
 *
 * TimescaleDB records which times have changed since they were aggregated, but not all of them: neither what is attached, detached or
 * dropped from the aggregate, nor what transactions have written that were ending when the aggregate first reached its time. So the program
 * has a record of its own, in the comment of the aggregate: of the chunks that were there when all hours before `until` were
 * aggregated once more, after those transactions. A chunk that is attached has another id than before; one that was split and merged
 * has the same id and range, but another constraint for its bounds.
 */
export const KNOWN_HOURS = `
  with ours as (
    select view.oid as view, a.mat_hypertable_id as own, h.id as raw, h.compressed_hypertable_id as compressed,
           case when pg_input_is_valid(description, 'jsonb') then description::jsonb->'webmacs' end as record
      from _timescaledb_catalog.hypertable h join _timescaledb_catalog.continuous_agg a on raw_hypertable_id = h.id
      join pg_class view on relname = user_view_name and relnamespace = ${CURRENT_SCHEMA}
      left join pg_description on objoid = view.oid and classoid = 'pg_class'::regclass and objsubid = 0
     where (h.schema_name, h.table_name) = (current_schema(), 'datapoints')
       and (user_view_schema, user_view_name) = (current_schema(), '${HOURLY}')
  ), chunks as (
    select c.id, c.hypertable_id = raw as is_raw, int8range(range_start, range_end) as range, bounds.oid::int8 as bounds
      from ours join _timescaledb_catalog.chunk c on c.hypertable_id in (raw, own)
      join _timescaledb_catalog.chunk_constraint cc on cc.chunk_id = c.id
      join _timescaledb_catalog.dimension_slice s on s.id = dimension_slice_id
      join _timescaledb_catalog.dimension d on d.id = dimension_id and interval_length is not null
      left join (pg_constraint bounds join pg_class t on t.oid = conrelid and contype = 'c' join pg_namespace n on n.oid = relnamespace)
        on (nspname, relname, conname) = (c.schema_name, c.table_name, cc.constraint_name)
  ), recorded as (
    select (chunk->>0)::int as id, int8range((chunk->>1)::int8, (chunk->>2)::int8) as range, (chunk->>3)::int8 as bounds
      from ours, jsonb_array_elements(record->'chunks') chunk
  ), covered as (
    select range_agg(range) filter (where is_raw and is_recorded) * range_agg(range) filter (where not is_raw and is_recorded)
             * int8multirange(int8range(null, (select (record->>'until')::int8 from ours)))
             - coalesce(range_agg(range) filter (where is_raw is null or (is_raw and not is_recorded)), '{}') as ranges
      from (
        select range, c.is_raw, r.id is not null as is_recorded from chunks c full join recorded r using (id, range, bounds)
      ) each
      -- Without compression, TimescaleDB takes MERGE, of which it records nothing.
     where (select compressed = (record->>'compressed')::int from ours)
  ), changed as (
    select coalesce(range_agg(int8range(lowest_modified_value, nullif(greatest_modified_value, 9223372036854775807), '[]')), '{}')
             + coalesce((select int8multirange(int8range(watermark, null)) from ours
                           left join _timescaledb_catalog.continuous_aggs_invalidation_threshold on hypertable_id = raw), '{(,)}') as ranges
      from (
        select lowest_modified_value, greatest_modified_value from ours
          join _timescaledb_catalog.continuous_aggs_hypertable_invalidation_log on hypertable_id = raw
        union all
        select lowest_modified_value, greatest_modified_value from ours
          join _timescaledb_catalog.continuous_aggs_materialization_invalidation_log on materialization_id = own
        union all
        select lowest_modified_value, greatest_modified_value from ours
          join _timescaledb_catalog.continuous_aggs_materialization_ranges on materialization_id = own
      ) log
  ), certain as (
    select first * ${HOUR} as "from", last * ${HOUR} as "to"
      from covered, changed, unnest((covered.ranges - changed.ranges) * int8multirange(${YEARS})) range,
           lateral (select ceil(lower(range)::numeric / ${HOUR})::int8 as first,
                           floor(upper(range)::numeric / ${HOUR})::int8 as last) whole
     where first < last
  )`;

/** SQL for whether the comment of a row of `pg_class` is that record, or one that is not finished. */
export const IS_OURS = `coalesce(starts_with(obj_description(pg_class.oid, 'pg_class'), '{"webmacs":'), false)`;

/** Returns the comment for a record in JSON; an empty one counts for nothing. */
export function recordText(record: string): string {
  return `{"webmacs":${record}}`;
}

/** Of many ranges, the longest are enough: others are read from the datapoints. */
const MOST = 16;

/**
 * Returns the hours in a time range of which the aggregate has exactly the figures of the datapoints, as this transaction sees both, in
 * order. It must have begun with `lockOfHours`. What a subscription replicates into chunks is not recorded.
 */
export async function certainHours(
  client: ClientBase,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<Hours[]> {
  const { rows } = await client.query<Record<keyof Hours, string>>(
    `${KNOWN_HOURS}
     select first::int8::text as "from", last::int8::text as "to"
       from certain, lateral (
         select greatest("from", ceil(extract(epoch from $1::timestamptz) / 3600) * ${HOUR}) as first,
                least("to", floor(extract(epoch from $2::timestamptz) / 3600) * ${HOUR}) as last) clipped
      where first < last and not exists (select from pg_subscription_rel)
      order by last - first desc limit ${MOST}`,
    [from, to],
  );
  return rows.map((row) => ({ from: BigInt(row.from), to: BigInt(row.to) })).sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** Returns the ranges before, between and after the hours, without limits where there are none. */
export function besideHours(hours: readonly Hours[], range: Hours): Hours[];
export function besideHours(hours: readonly Hours[], range?: Partial<Hours>): Partial<Hours>[];
export function besideHours(hours: readonly Hours[], { from, to }: Partial<Hours> = {}): Partial<Hours>[] {
  const starts = [from, ...hours.map((range) => range.to)];
  const ends = [...hours.map((range) => range.from), to];
  return starts
    .map((start, at) => defined({ from: start, to: ends[at] }))
    .filter((gap) => gap.from === undefined || gap.to === undefined || gap.from < gap.to);
}
