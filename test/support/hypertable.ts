import type { Pool } from 'pg';

/** Makes the table of datapoints a hypertable, as an administrator would. */
export async function makeHypertable(pool: Pool, chunk = '7 days'): Promise<void> {
  await pool.query(`create extension if not exists timescaledb;
    do $$ declare key name; begin
      for key in select conname from pg_constraint where conrelid = 'datapoints'::regclass and contype in ('p', 'u') loop
        execute format('alter table datapoints drop constraint %I', key);
      end loop;
    end $$;
    drop index if exists ix_datapoints_public_id;
    alter table datapoints add primary key (id, timestamp), add unique (public_id, timestamp);
    select create_hypertable('datapoints', by_range('timestamp', interval '${chunk}'), migrate_data => true)`);
}
