import type { Pool } from 'pg';

/** The same for a whole test file, so that partitions are contiguous. */
const now = Date.now();

/** Returns the time a number of days ago. */
export function daysAgo(days: number): string {
  return new Date(now - days * 86_400_000).toISOString();
}

/**
 * Recreates the table of datapoints, empty, with the columns of the layout.
 * @param id the type of its ids
 */
export async function remakeDatapoints(
  pool: Pool,
  { partitioned, id = 'int' }: { partitioned: boolean; id?: 'int' | 'bigint' },
): Promise<void> {
  await pool.query(`create schema if not exists model;
    do $$ begin
      if to_regclass('model.datapoints') is null then alter table datapoints set schema model; end if;
    end $$;
    drop table if exists datapoints cascade;
    create table datapoints (like model.datapoints including defaults) ${partitioned ? 'partition by range (timestamp)' : ''};
    alter table datapoints alter id type ${id}, add primary key (id, timestamp);
    create index on datapoints (timestamp);
    create index on datapoints (event_public_id, timestamp)`);
}

/** Adds a partition, or with `more` one that is itself partitioned. */
export async function addPartition(
  pool: Pool,
  name: string,
  { from, to, of = 'datapoints', more = '' }: { from: number; to: number; of?: string; more?: string },
): Promise<void> {
  await pool.query(
    `create table ${name} partition of ${of} for values from ('${daysAgo(from)}') to ('${daysAgo(to)}') ${more}`,
  );
}

/** Inserts datapoints of an event that are a number of days old; without `every`, all with the same time. */
export async function oldDatapoints(
  { pool, event }: { pool: Pool; event: string },
  count: number,
  {
    days,
    every = '0',
    into = 'datapoints',
    firstId,
  }: { days: number; every?: string; into?: string; firstId?: string },
): Promise<void> {
  const id = firstId === undefined ? `nextval('model.datapoints_id_seq')` : `${firstId} + n`;
  await pool.query(
    `insert into ${into} (id, public_id, value, timestamp, event_public_id)
     select ${id}, gen_random_uuid(), n, $3::timestamptz + n * $4::interval, $2 from generate_series(0, $1::int - 1) n`,
    [count, event, daysAgo(days), every],
  );
}
