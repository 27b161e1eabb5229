import type { HostileSite } from '../site.ts';

/** Inserts a user, an event "Flow", and an experiment "Run" with a number of datapoints of the event. */
export async function aSmallRig({ pool }: HostileSite, rows: number): Promise<void> {
  await pool.query(`
    insert into users (public_id, username, email, hashed_password, admin) values ('u1', 'ada', 'ada@lab.org', '$2b$12$' || repeat('x', 53), true);
    insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
      values ('e1', 'Flow', 'l/min', 0, 100, 'sensor', 'u1');
    insert into experiments (public_id, name, started_on, stopped_on, user_public_id)
      values ('x1', 'Run', '2026-01-01', '2026-02-01', 'u1')`);
  await pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
       select 'd' || i, i / 3.0, timestamptz '2026-01-01T00:00:00Z' + i * interval '1 second', 'e1', 'x1'
         from generate_series(0, $1::int - 1) as i`,
    [rows],
  );
}

/** SQL for a checksum of all rows that tests insert; null without rows. */
export const CONTENT = `select md5(string_agg(one, '|' order by one)) from (
  select 'd' || d::text as one from datapoints d union all select 'u' || u::text from users u
  union all select 'e' || e::text from events e union all select 'l' || l::text from log_entries l
  union all select 'x' || x::text from experiments x union all select 'b' || b::text from blacklist_tokens b) as rows`;

/** SQL for a checksum of all indexes and constraints. */
export const SCHEMA = `select md5(string_agg(one, '|' order by one)) from (
  select indexdef as one from pg_indexes where schemaname = 'public'
  union all select conname || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace) as facts`;

/** Inserts what {@link aSmallRig} does, with enough datapoints for their indexes to be built last, and rows of other tables. */
export async function aMixedRig(site: HostileSite): Promise<void> {
  await aSmallRig(site, 20_000);
  await site.pool.query(`
  insert into log_entries (public_id, content, logging_type, status_type, user_public_id)
    select 'l' || i, 'Entry', 'info', 'unread', 'u1' from generate_series(1, 3000) i;
  insert into blacklist_tokens (token) select 't' || i from generate_series(1, 3000) i`);
}
