import { aSite, type Site } from './site.ts';
import { until } from './until.ts';

/** A site of our own layout with rows in every table, and a gap in the ids. */
export async function aSource(): Promise<Site> {
  const site = await aSite('own');
  await site.pool.query(`
    select nextval('users_id_seq');
    insert into users (public_id, username, email, hashed_password, admin, created_on)
      values ('u1', 'ada', 'ada@lab.org', 'x', true, '2026-01-01T00:00:00.123456Z'),
             ('u2', 'bob', E'b\\\\ob\t@lab.org', 'y', false, '2026-01-02');
    insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
      values ('e1', 'Flow', 'l/min', '-Infinity', 9.5, 'range', 'u1');
    insert into experiments (public_id, name, started_on, stopped_on, user_public_id)
      values ('x1', 'Run', '2026-01-01', '2026-01-02', 'u1');
    insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
      select 'd' || i, case when i = 0 then 'NaN' else i / 3.0 end,
             timestamptz '2026-01-01T00:00:00.123456Z' + i * interval '1 ms', 'e1', 'x1'
        from generate_series(0, 9) as i;
    insert into log_entries (public_id, content, logging_type, status_type, user_public_id)
      values ('l1', E'two\nlines', 'info', 'unread', 'u1'), ('l2', '', null, 'read', 'u2');
    insert into blacklist_tokens (token) values ('t');
    insert into rules (public_id, name, event_public_id, operator, threshold, action_type, user_public_id)
      values ('r1', 'R', 'e1', 'not_between', 1, 'webhook', 'u1');
    insert into webhooks (public_id, url, events, user_public_id) values ('w1', 'http://x', '[]', 'u1');
    insert into webhook_deliveries (public_id, webhook_id, event_type, payload, status)
      values ('wd1', 1, 'sensor.reading', '{"a":"\\n"}', 'dead_letter');
    insert into firmware_updates (public_id, version, release_notes, status)
      values ('f1', '1.2.3', 'notes', 'rolled_back');
    insert into dashboards (public_id, name, user_public_id) values ('b1', 'D', 'u1');
    insert into dashboard_widgets (public_id, dashboard_id, widget_type, title, event_public_id)
      values ('dw1', 1, 'gauge', 'W', 'e1');
    insert into plugin_packages (public_id, package_name, version, source, plugin_ids)
      values ('p1', 'k', '1', 'bundled', '[]');
    insert into plugin_instances (public_id, plugin_id, instance_name, status, user_public_id)
      values ('i1', 'k', 'I', 'demo', 'u1');
    insert into channel_mappings (public_id, instance_id, channel_id, channel_name, direction, unit, event_public_id)
      values ('c1', 1, 'c', 'C', 'bidirectional', 'K', 'e1')`);
  return site;
}

export const migrateFrom = async (source: Site, target: Site, ...more: string[]) =>
  await target.run(['migrate-from', '--source', source.url, '--target', target.url, ...more]);

export const tablesOf = (text: string): { table: string; rows: number; resumed: boolean }[] => JSON.parse(text).tables;

/** What a site has, as far as every layout can say it. */
export async function viewOf(site: Site) {
  const rows = async (line: string) =>
    JSON.parse((await site.run(`${line} --json`)).stdout) as Record<string, unknown>[];
  return {
    users: (await rows('users list')).map(({ id, username, admin, created_on }) => ({
      id,
      username,
      admin,
      created_on,
    })),
    events: (await rows('events list')).map(({ created_on: _, ...event }) => event),
    plugins: (await site.pool.query('select * from plugin_instances')).rows,
    export: (await site.run('experiments export Run -o -')).stdout,
  };
}

/** Holds transfers into a site up at one table; resolves when one waits there. */
export async function obstacleAt(table: string, { pool }: Site) {
  const client = await pool.connect();
  await client.query(`begin; lock table ${table} in share row exclusive mode`);
  return {
    async reached(): Promise<void> {
      const sql = `select from pg_locks where not granted and relation = '${table}'::regclass`;
      await until(async () => (await pool.query(sql)).rowCount);
    },
    async remove(): Promise<void> {
      await client.query('commit');
      client.release();
    },
  };
}
