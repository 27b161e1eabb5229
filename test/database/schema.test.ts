import { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, expect, test, vi } from 'vitest';
import configuration from '../../mikro-orm.config.ts';
import { difference } from '../../src/database/schema/difference.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';

const database = await freshDatabase();
afterAll(() => database[Symbol.asyncDispose]());

const PUBLIC_ID = 'public_id varchar(100) not null';
const CREATED_ON = 'created_on timestamptz not null default now()';

/** What a migrated database has of a table, besides its primary key `id`. */
interface Table {
  /** Name, type, and default, in order. */
  columns: string[];
  unique: string[];
  checks: string[];
  foreignKeys: string[];
  indexes: string[];
}

const TABLES: Record<string, Table> = {
  blacklist_tokens: {
    columns: ['token varchar(500) not null', 'blacklisted_on timestamptz not null default now()'],
    unique: ['token'],
    checks: [],
    foreignKeys: [],
    indexes: ['ix_blacklist_tokens_blacklisted_on (blacklisted_on)'],
  },
  channel_mappings: {
    columns: [
      PUBLIC_ID,
      'instance_id integer not null',
      'channel_id varchar(100) not null',
      'channel_name varchar(255) not null',
      'direction text not null',
      'unit varchar(50) not null',
      'event_public_id varchar(100)',
      CREATED_ON,
    ],
    unique: ['public_id', 'instance_id, channel_id'],
    checks: ['channel_mappings_direction_check'],
    foreignKeys: ['instance_id -> plugin_instances.id CASCADE', 'event_public_id -> events.public_id SET NULL'],
    indexes: ['ix_channel_mappings_event_public_id (event_public_id)'],
  },
  dashboard_widgets: {
    columns: [
      PUBLIC_ID,
      'dashboard_id integer not null',
      'widget_type text not null',
      'title varchar(255) not null',
      'event_public_id varchar(100)',
      'config_json text',
      'x integer not null default 0',
      'y integer not null default 0',
      'w integer not null default 4',
      'h integer not null default 3',
      CREATED_ON,
    ],
    unique: ['public_id'],
    checks: ['dashboard_widgets_widget_type_check'],
    foreignKeys: ['dashboard_id -> dashboards.id CASCADE', 'event_public_id -> events.public_id SET NULL'],
    indexes: [
      'ix_dashboard_widgets_dashboard_id (dashboard_id)',
      'ix_dashboard_widgets_event_public_id (event_public_id)',
    ],
  },
  dashboards: {
    columns: [
      PUBLIC_ID,
      'name varchar(255) not null',
      'is_global boolean not null default false',
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['public_id'],
    checks: [],
    foreignKeys: ['user_public_id -> users.public_id CASCADE'],
    indexes: ['ix_dashboards_name (name)', 'ix_dashboards_user_public_id (user_public_id)'],
  },
  datapoints: {
    columns: [
      PUBLIC_ID,
      'value float8 not null',
      'timestamp timestamptz not null default now()',
      'event_public_id varchar(100) not null',
      'experiment_public_id varchar(100)',
      CREATED_ON,
    ],
    unique: ['public_id'],
    checks: [],
    foreignKeys: [
      'event_public_id -> events.public_id CASCADE',
      'experiment_public_id -> experiments.public_id SET NULL',
    ],
    indexes: [
      'ix_datapoints_timestamp (timestamp)',
      'ix_datapoints_experiment_ts (experiment_public_id, timestamp)',
      'ix_datapoints_event_ts (event_public_id, timestamp)',
    ],
  },
  events: {
    columns: [
      PUBLIC_ID,
      'name varchar(255) not null',
      'unit varchar(255) not null',
      'min_value float8 not null',
      'max_value float8 not null',
      'event_type text not null',
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['public_id', 'name'],
    checks: ['events_event_type_check'],
    foreignKeys: ['user_public_id -> users.public_id CASCADE'],
    indexes: ['ix_events_user_public_id (user_public_id)'],
  },
  experiments: {
    columns: [
      PUBLIC_ID,
      'name varchar(255) not null',
      'started_on timestamptz default now()',
      'stopped_on timestamptz',
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['public_id', 'name'],
    checks: [],
    foreignKeys: ['user_public_id -> users.public_id CASCADE'],
    indexes: [
      'ix_experiments_started_on (started_on)',
      'ix_experiments_stopped_on (stopped_on)',
      'ix_experiments_user_public_id (user_public_id)',
    ],
  },
  firmware_updates: {
    columns: [
      PUBLIC_ID,
      'version varchar(50) not null',
      'release_notes text',
      'file_path varchar(500)',
      "status text not null default 'pending'",
      'file_hash_sha256 varchar(64)',
      'file_size_bytes integer',
      'error_message text',
      'started_on timestamptz',
      'completed_on timestamptz',
      'user_public_id varchar(100)',
      CREATED_ON,
    ],
    unique: ['public_id', 'version'],
    checks: ['firmware_updates_status_check'],
    foreignKeys: ['user_public_id -> users.public_id SET NULL'],
    indexes: [
      'ix_firmware_updates_status (status)',
      'ix_firmware_updates_user_public_id (user_public_id)',
      'ix_firmware_updates_created_on (created_on)',
    ],
  },
  log_entries: {
    columns: [
      PUBLIC_ID,
      'content varchar(500) not null',
      'logging_type text',
      "status_type text not null default 'unread'",
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['public_id'],
    checks: ['log_entries_logging_type_check', 'log_entries_status_type_check'],
    foreignKeys: ['user_public_id -> users.public_id CASCADE'],
    indexes: ['ix_log_entries_user_public_id (user_public_id)', 'ix_log_entries_created_on (created_on)'],
  },
  plugin_instances: {
    columns: [
      PUBLIC_ID,
      'plugin_id varchar(100) not null',
      'instance_name varchar(255) not null',
      'demo_mode boolean not null default false',
      'enabled boolean not null default true',
      "status text not null default 'inactive'",
      'config_json text',
      'error_message text',
      'updated_on timestamptz not null default now()',
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['public_id', 'instance_name'],
    checks: ['plugin_instances_status_check'],
    foreignKeys: ['user_public_id -> users.public_id CASCADE'],
    indexes: ['ix_plugin_instances_plugin_id (plugin_id)', 'ix_plugin_instances_user_public_id (user_public_id)'],
  },
  plugin_packages: {
    columns: [
      PUBLIC_ID,
      'package_name varchar(255) not null',
      'version varchar(50) not null',
      'source text not null',
      'file_path varchar(500)',
      'file_hash_sha256 varchar(64)',
      'file_size_bytes integer',
      'plugin_ids text not null',
      'installed_on timestamptz not null default now()',
      'user_public_id varchar(100)',
      CREATED_ON,
    ],
    unique: ['public_id', 'package_name'],
    checks: ['plugin_packages_source_check'],
    foreignKeys: ['user_public_id -> users.public_id SET NULL'],
    indexes: ['ix_plugin_packages_user_public_id (user_public_id)'],
  },
  rules: {
    columns: [
      PUBLIC_ID,
      'name varchar(255) not null',
      'event_public_id varchar(100) not null',
      'operator text not null',
      'threshold float8 not null',
      'threshold_high float8',
      'action_type text not null',
      'webhook_event_type varchar(100)',
      'enabled boolean not null default true',
      'cooldown_seconds integer not null default 60',
      'last_triggered_at timestamptz',
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['name', 'public_id'],
    checks: ['rules_operator_check', 'rules_action_type_check'],
    foreignKeys: ['user_public_id -> users.public_id CASCADE', 'event_public_id -> events.public_id CASCADE'],
    indexes: ['ix_rules_event_public_id (event_public_id)', 'ix_rules_user_public_id (user_public_id)'],
  },
  users: {
    columns: [
      PUBLIC_ID,
      'username varchar(50) not null',
      'email varchar(255) not null',
      'hashed_password varchar(255) not null',
      'admin boolean not null default false',
      CREATED_ON,
    ],
    unique: ['public_id', 'username', 'email'],
    checks: [],
    foreignKeys: [],
    indexes: [],
  },
  webhook_deliveries: {
    columns: [
      PUBLIC_ID,
      'webhook_id integer not null',
      'event_type varchar(100) not null',
      'payload text not null',
      "status text not null default 'pending'",
      'attempts integer not null default 0',
      'last_error text',
      'response_code integer',
      'delivered_on timestamptz',
      CREATED_ON,
    ],
    unique: ['public_id'],
    checks: ['webhook_deliveries_status_check'],
    foreignKeys: ['webhook_id -> webhooks.id CASCADE'],
    indexes: ['ix_webhook_deliveries_webhook_id (webhook_id)', 'ix_webhook_deliveries_created_on (created_on)'],
  },
  webhooks: {
    columns: [
      PUBLIC_ID,
      'url varchar(2048) not null',
      'secret varchar(255)',
      'events text not null',
      'enabled boolean not null default true',
      'user_public_id varchar(100) not null',
      CREATED_ON,
    ],
    unique: ['public_id'],
    checks: [],
    foreignKeys: ['user_public_id -> users.public_id CASCADE'],
    indexes: ['ix_webhooks_user_public_id (user_public_id)', 'ix_webhooks_created_on (created_on)'],
  },
};

test.each(Object.keys(TABLES))('%s has its columns, keys and indexes, and no others', async (table) => {
  expect(sorted(await catalogOf(table))).toEqual(sorted(TABLES[table]));
});

test('there are these 15 tables, and the record of migrations', async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  expect(Object.keys(TABLES)).toHaveLength(15);
  expect(rows.map(({ name }) => name)).toEqual([...Object.keys(TABLES), 'mikro_orm_migrations'].sort());
});

test.each(Object.keys(TABLES))('the id of %s is its primary key and counts by itself', async (table) => {
  const { rows } = await database.pool.query(
    `select format_type(atttypid, atttypmod) as type, pg_get_serial_sequence($1, 'id') as sequence
       from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
      where indrelid = $1::regclass and indisprimary`,
    [table],
  );
  expect(rows).toEqual([{ type: 'integer', sequence: `public.${table}_id_seq` }]);
});

test('the entities describe the migrated database without a difference', async () => {
  await using opened = await openDatabase(database);
  expect(await difference(opened.orm, opened.em, opened.schema)).toEqual({ up: [], down: [] });
});

test("MikroORM's own command line finds no difference either", async () => {
  vi.stubEnv('DATABASE_URL', database.url);
  const orm = new MikroORM(await configuration());
  try {
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false })).toBe('');
  } finally {
    await orm.close();
    vi.unstubAllEnvs();
  }
});

/** Only columns have an order. */
function sorted(table: Table | undefined): Table | undefined {
  const { columns, ...sets } = table ?? { columns: [] };
  return {
    columns,
    ...Object.fromEntries(Object.entries(sets).map(([key, lines]) => [key, [...lines].sort()])),
  } as Table;
}

async function catalogOf(table: string): Promise<Table> {
  const list = async (sql: string) =>
    (await database.pool.query<{ line: string }>(sql, [table])).rows.map(({ line }) => line);
  const constraints = async (kind: string, expression: string) =>
    await list(
      `select ${expression} as line from pg_constraint where conrelid = $1::regclass and contype = '${kind}' order by 1`,
    );
  const columnsOf = (numbers: string, relation: string) =>
    `(select string_agg(attname, ', ' order by place) from unnest(${numbers}) with ordinality as key (number, place)
        join pg_attribute on attrelid = ${relation} and attnum = number)`;
  return {
    columns: await list(COLUMNS),
    unique: await constraints('u', columnsOf('conkey', 'conrelid')),
    checks: await constraints('c', 'conname'),
    foreignKeys: await constraints(
      'f',
      `${columnsOf('conkey', 'conrelid')} || ' -> ' || confrelid::regclass || '.' || ${columnsOf('confkey', 'confrelid')} || ' ' ||
       case confdeltype when 'c' then 'CASCADE' when 'n' then 'SET NULL' else confdeltype::text end`,
    ),
    indexes: await list(
      `select indexrelid::regclass || ' (' || ${columnsOf('indkey::int2[]', 'indrelid')} || ')' as line
         from pg_index where indrelid = $1::regclass and not indisunique order by 1`,
    ),
  };
}

const COLUMNS = `
  select attname || ' ' ||
         replace(replace(replace(format_type(atttypid, atttypmod), 'character varying', 'varchar'),
           'timestamp with time zone', 'timestamptz'), 'double precision', 'float8') ||
         case when attnotnull then ' not null' else '' end ||
         coalesce(' default ' || replace(pg_get_expr(adbin, adrelid), '::text', ''), '') as line
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'id'
   order by attnum`;
