import type { LayoutName } from './layouts.ts';

/** A layout that the WebMACS server creates. */
export type ServerLayoutName = Exclude<LayoutName, 'own'>;

/**
 * Returns the statements that create the tables as the WebMACS server does at start-up, in an empty schema: names, types,
 * defaults, keys and indexes. Unnamed constraints get PostgreSQL's default names, as on the server.
 */
export function serverSchema(layout: ServerLayoutName): string[] {
  const types = Object.entries(ENUMS).map(
    ([name, values]) => `create type ${name} as enum (${values.map((value) => `'${value}'`).join(', ')})`,
  );
  return layout === 'server-roles'
    ? [...types, ...users(ROLE_COLUMNS), ...TABLES, ...API_TOKENS]
    : [...types, ...users(['admin boolean not null']), ...TABLES];
}

const ENUMS = {
  channeldirection: ['input', 'output', 'bidirectional'],
  eventtype: ['sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'],
  loggingtype: ['error', 'warning', 'info'],
  pluginsource: ['bundled', 'uploaded'],
  pluginstatus: ['inactive', 'connected', 'error', 'demo'],
  ruleactiontype: ['webhook', 'log'],
  ruleoperator: ['gt', 'lt', 'eq', 'gte', 'lte', 'between', 'not_between'],
  statustype: ['read', 'unread'],
  updatestatus: ['pending', 'downloading', 'verifying', 'applying', 'completed', 'failed', 'rolled_back'],
  webhookdeliverystatus: ['pending', 'delivered', 'failed', 'dead_letter'],
  widgettype: ['line_chart', 'gauge', 'stat_card', 'actuator_toggle'],
};

const ROLE_COLUMNS = [
  'role varchar(8) not null',
  'sso_provider varchar(100)',
  'sso_subject_id varchar(255)',
  'constraint uq_users_sso_identity unique (sso_provider, sso_subject_id)',
];

function users(privileges: string[]): string[] {
  return [
    `create table users (
    id serial primary key,
    public_id varchar(100) not null unique,
    username varchar(50) not null unique,
    email varchar(255) not null,
    password_hash varchar(255) not null,
    registered_on timestamptz not null default now(),
    ${privileges.join(',\n    ')}
  )`,
    'create unique index ix_users_email on users (email)',
  ];
}

const TABLES = [
  `create table events (
    id serial primary key,
    public_id varchar(100) not null unique,
    name varchar(255) not null unique,
    unit varchar(255) not null,
    min_value double precision not null,
    max_value double precision not null,
    type eventtype not null,
    user_public_id varchar not null references users (public_id) on delete cascade
  )`,
  'create index ix_events_user_public_id on events (user_public_id)',
  `create table experiments (
    id serial primary key,
    public_id varchar(100) not null unique,
    name varchar(255) not null unique,
    started_on timestamptz default now(),
    stopped_on timestamptz,
    user_public_id varchar not null references users (public_id) on delete cascade
  )`,
  'create index ix_experiments_user_public_id on experiments (user_public_id)',
  `create table datapoints (
    id serial primary key,
    public_id varchar(100) not null unique,
    event_public_id varchar not null references events (public_id) on delete cascade,
    experiment_public_id varchar references experiments (public_id) on delete set null,
    value double precision not null,
    "timestamp" timestamptz not null default now()
  )`,
  'create index ix_datapoints_event_public_id on datapoints (event_public_id)',
  `create index ix_datapoints_event_ts on datapoints (event_public_id, "timestamp")`,
  'create index ix_datapoints_experiment_public_id on datapoints (experiment_public_id)',
  `create index ix_datapoints_timestamp on datapoints ("timestamp")`,
  `create table log_entries (
    id serial primary key,
    public_id varchar(100) not null unique,
    content varchar(500) not null,
    logging_type loggingtype,
    status_type statustype not null,
    user_public_id varchar not null references users (public_id) on delete cascade,
    created_on timestamptz not null default now()
  )`,
  'create index ix_log_entries_created_on on log_entries (created_on)',
  'create index ix_log_entries_user_public_id on log_entries (user_public_id)',
  `create table blacklist_tokens (
    id serial primary key,
    token varchar(500) not null unique,
    blacklisted_on timestamptz not null default now()
  )`,
  'create index ix_blacklist_tokens_blacklisted_on on blacklist_tokens (blacklisted_on)',
  `create table rules (
    id serial primary key,
    public_id varchar(100) not null unique,
    name varchar(255) not null unique,
    operator ruleoperator not null,
    threshold double precision not null,
    threshold_high double precision,
    action_type ruleactiontype not null,
    webhook_event_type varchar(100),
    enabled boolean not null,
    cooldown_seconds integer not null,
    last_triggered_at timestamptz,
    event_public_id varchar not null references events (public_id) on delete cascade,
    user_public_id varchar not null references users (public_id) on delete cascade,
    created_on timestamptz not null default now()
  )`,
  'create index ix_rules_enabled on rules (enabled)',
  'create index ix_rules_event_public_id on rules (event_public_id)',
  'create index ix_rules_user_public_id on rules (user_public_id)',
  `create table webhooks (
    id serial primary key,
    public_id varchar(100) not null unique,
    url varchar(2048) not null,
    secret varchar(255),
    events text not null,
    enabled boolean not null,
    user_public_id varchar not null references users (public_id) on delete cascade,
    created_on timestamptz not null default now()
  )`,
  'create index ix_webhooks_user_public_id on webhooks (user_public_id)',
  `create table webhook_deliveries (
    id serial primary key,
    public_id varchar(100) not null unique,
    webhook_id integer not null references webhooks (id) on delete cascade,
    event_type varchar(100) not null,
    payload text not null,
    status webhookdeliverystatus not null,
    attempts integer not null,
    last_error text,
    response_code integer,
    delivered_on timestamptz,
    created_on timestamptz not null default now()
  )`,
  'create index ix_webhook_deliveries_created_on on webhook_deliveries (created_on)',
  'create index ix_webhook_deliveries_event_type on webhook_deliveries (event_type)',
  'create index ix_webhook_deliveries_webhook_id on webhook_deliveries (webhook_id)',
  `create table firmware_updates (
    id serial primary key,
    public_id varchar(100) not null unique,
    version varchar(50) not null unique,
    changelog text,
    file_path varchar(500),
    status updatestatus not null,
    file_hash_sha256 varchar(64),
    file_size_bytes integer,
    error_message text,
    started_on timestamptz,
    completed_on timestamptz,
    user_public_id varchar references users (public_id) on delete set null,
    created_on timestamptz not null default now()
  )`,
  'create index ix_firmware_updates_status on firmware_updates (status)',
  `create table dashboards (
    id serial primary key,
    public_id varchar(100) not null unique,
    name varchar(255) not null,
    is_global boolean not null,
    user_public_id varchar not null references users (public_id) on delete cascade,
    created_on timestamptz not null default now()
  )`,
  'create index ix_dashboards_user_public_id on dashboards (user_public_id)',
  `create table dashboard_widgets (
    id serial primary key,
    public_id varchar(100) not null unique,
    config_json text,
    dashboard_id integer not null references dashboards (id) on delete cascade,
    widget_type widgettype not null,
    title varchar(255) not null,
    event_public_id varchar references events (public_id) on delete set null,
    x integer not null,
    y integer not null,
    w integer not null,
    h integer not null
  )`,
  'create index ix_dashboard_widgets_dashboard_id on dashboard_widgets (dashboard_id)',
  `create table plugin_packages (
    id serial primary key,
    public_id varchar(100) not null unique,
    version varchar(50) not null,
    file_path varchar(500),
    package_name varchar(255) not null unique,
    source pluginsource not null,
    file_hash_sha256 varchar(64),
    file_size_bytes integer,
    plugin_ids text not null,
    installed_on timestamptz not null default now(),
    user_public_id varchar references users (public_id) on delete set null
  )`,
  'create index ix_plugin_packages_user_public_id on plugin_packages (user_public_id)',
  `create table plugin_instances (
    id serial primary key,
    public_id varchar(100) not null unique,
    enabled boolean not null,
    plugin_id varchar(100) not null,
    instance_name varchar(255) not null unique,
    demo_mode boolean not null,
    status pluginstatus not null,
    config_json text,
    error_message text,
    updated_on timestamptz not null default now(),
    user_public_id varchar not null references users (public_id) on delete cascade,
    created_on timestamptz not null default now()
  )`,
  'create index ix_plugin_instances_plugin_id on plugin_instances (plugin_id)',
  'create index ix_plugin_instances_user_public_id on plugin_instances (user_public_id)',
  `create table channel_mappings (
    id serial primary key,
    public_id varchar(100) not null unique,
    unit varchar(50) not null,
    plugin_instance_id integer not null references plugin_instances (id) on delete cascade,
    channel_id varchar(100) not null,
    channel_name varchar(255) not null,
    direction channeldirection not null,
    event_public_id varchar references events (public_id) on delete set null,
    created_on timestamptz not null default now()
  )`,
  'create index ix_channel_mappings_event_public_id on channel_mappings (event_public_id)',
  'create index ix_channel_mappings_plugin_instance_id on channel_mappings (plugin_instance_id)',
  'create unique index ix_channel_mappings_plugin_channel on channel_mappings (plugin_instance_id, channel_id)',
];

const API_TOKENS = [
  `create table api_tokens (
    id serial primary key,
    public_id varchar(100) not null unique,
    name varchar(255) not null,
    token_hash varchar(64) not null,
    user_id integer not null references users (id) on delete cascade,
    expires_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index ix_api_tokens_user_id on api_tokens (user_id)',
  'create unique index ix_api_tokens_token_hash on api_tokens (token_hash)',
];
