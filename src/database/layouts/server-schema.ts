import type { LayoutName } from './layouts.ts';

export type ServerLayoutName = Exclude<LayoutName, 'own'>;

/** A table that the server creates. */
export interface ServerTable {
  name: string;
  /** Its columns and constraints, as SQL. */
  lines: string[];
  /** The columns as SQL. */
  indexes: { name: string; columns: string; unique: boolean }[];
}

/**
 * Returns the statements that create the tables as the WebMACS server does at start-up, in an empty schema: names, types,
 * defaults, keys and indexes. Unnamed constraints get PostgreSQL's default names, as on the server.
 */
export function serverSchema(layout: ServerLayoutName): string[] {
  const types = Object.entries(ENUMS).map(
    ([name, values]) => `create type ${name} as enum (${values.map((value) => `'${value}'`).join(', ')})`,
  );
  const tables = serverTables(layout).flatMap(({ name, lines, indexes }) => [
    `create table ${name} (\n    ${lines.join(',\n    ')}\n  )`,
    ...indexes.map(
      (index) => `create ${index.unique ? 'unique ' : ''}index ${index.name} on ${name} (${index.columns})`,
    ),
  ]);
  return [...types, ...tables];
}

/** Returns the tables that the server creates, parents before children. */
export function serverTables(layout: ServerLayoutName): ServerTable[] {
  const [privileges, tokens] = layout === 'server-roles' ? [ROLES, API_TOKENS] : ['admin boolean not null', {}];
  return Object.entries({ users: `${USERS}\n${privileges}`, ...TABLES, ...tokens }).map(([name, text]) => {
    const lines = text.trim().split(/\n\s*/);
    const indexes = lines.flatMap((line) => {
      const [, unique, index, columns = ''] = /^(unique )?index (\w+) \((.*)\)$/.exec(line) ?? [];
      const [, quoted = '', column] = /^("?(\w+)"?) .* indexed$/.exec(line) ?? [];
      return index
        ? { name: index, columns, unique: unique !== undefined }
        : column
          ? { name: `ix_${name}_${column}`, columns: quoted, unique: false }
          : [];
    });
    // By name, and the unique ones last.
    indexes.sort((one, other) => +one.unique - +other.unique || (one.name < other.name ? -1 : 1));
    // A revoked token is its own key.
    const ids = name === 'blacklist_tokens' ? ID : [...ID, 'public_id varchar(100) not null unique'];
    const own = lines.filter((line) => !/^(unique )?index /.test(line)).map((line) => line.replace(/ indexed$/, ''));
    return { name, lines: [...ids, ...own], indexes };
  });
}

const ID = ['id serial primary key'];

/** The types of columns with a few values. */
export const ENUMS = {
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

/** After the ids of each table: its columns, those with an index of their own marked `indexed`, constraints and other indexes. */
const USERS = `
  username varchar(50) not null unique
  email varchar(255) not null
  password_hash varchar(255) not null
  registered_on timestamptz not null default now()
  unique index ix_users_email (email)`;

const ROLES = `
  role varchar(8) not null
  sso_provider varchar(100)
  sso_subject_id varchar(255)
  constraint uq_users_sso_identity unique (sso_provider, sso_subject_id)`;

const TABLES = {
  events: `
    name varchar(255) not null unique
    unit varchar(255) not null
    min_value double precision not null
    max_value double precision not null
    type eventtype not null
    user_public_id varchar not null references users (public_id) on delete cascade indexed`,
  experiments: `
    name varchar(255) not null unique
    started_on timestamptz default now()
    stopped_on timestamptz
    user_public_id varchar not null references users (public_id) on delete cascade indexed`,
  datapoints: `
    event_public_id varchar not null references events (public_id) on delete cascade indexed
    experiment_public_id varchar references experiments (public_id) on delete set null indexed
    value double precision not null
    "timestamp" timestamptz not null default now() indexed
    index ix_datapoints_event_ts (event_public_id, "timestamp")`,
  log_entries: `
    content varchar(500) not null
    logging_type loggingtype
    status_type statustype not null
    user_public_id varchar not null references users (public_id) on delete cascade indexed
    created_on timestamptz not null default now() indexed`,
  blacklist_tokens: `
    token varchar(500) not null unique
    blacklisted_on timestamptz not null default now() indexed`,
  rules: `
    name varchar(255) not null unique
    operator ruleoperator not null
    threshold double precision not null
    threshold_high double precision
    action_type ruleactiontype not null
    webhook_event_type varchar(100)
    enabled boolean not null indexed
    cooldown_seconds integer not null
    last_triggered_at timestamptz
    event_public_id varchar not null references events (public_id) on delete cascade indexed
    user_public_id varchar not null references users (public_id) on delete cascade indexed
    created_on timestamptz not null default now()`,
  webhooks: `
    url varchar(2048) not null
    secret varchar(255)
    events text not null
    enabled boolean not null
    user_public_id varchar not null references users (public_id) on delete cascade indexed
    created_on timestamptz not null default now()`,
  webhook_deliveries: `
    webhook_id integer not null references webhooks (id) on delete cascade indexed
    event_type varchar(100) not null indexed
    payload text not null
    status webhookdeliverystatus not null
    attempts integer not null
    last_error text
    response_code integer
    delivered_on timestamptz
    created_on timestamptz not null default now() indexed`,
  firmware_updates: `
    version varchar(50) not null unique
    changelog text
    file_path varchar(500)
    status updatestatus not null indexed
    file_hash_sha256 varchar(64)
    file_size_bytes integer
    error_message text
    started_on timestamptz
    completed_on timestamptz
    user_public_id varchar references users (public_id) on delete set null
    created_on timestamptz not null default now()`,
  dashboards: `
    name varchar(255) not null
    is_global boolean not null
    user_public_id varchar not null references users (public_id) on delete cascade indexed
    created_on timestamptz not null default now()`,
  dashboard_widgets: `
    config_json text
    dashboard_id integer not null references dashboards (id) on delete cascade indexed
    widget_type widgettype not null
    title varchar(255) not null
    event_public_id varchar references events (public_id) on delete set null
    x integer not null
    y integer not null
    w integer not null
    h integer not null`,
  plugin_packages: `
    version varchar(50) not null
    file_path varchar(500)
    package_name varchar(255) not null unique
    source pluginsource not null
    file_hash_sha256 varchar(64)
    file_size_bytes integer
    plugin_ids text not null
    installed_on timestamptz not null default now()
    user_public_id varchar references users (public_id) on delete set null indexed`,
  plugin_instances: `
    enabled boolean not null
    plugin_id varchar(100) not null indexed
    instance_name varchar(255) not null unique
    demo_mode boolean not null
    status pluginstatus not null
    config_json text
    error_message text
    updated_on timestamptz not null default now()
    user_public_id varchar not null references users (public_id) on delete cascade indexed
    created_on timestamptz not null default now()`,
  channel_mappings: `
    unit varchar(50) not null
    plugin_instance_id integer not null references plugin_instances (id) on delete cascade indexed
    channel_id varchar(100) not null
    channel_name varchar(255) not null
    direction channeldirection not null
    event_public_id varchar references events (public_id) on delete set null indexed
    created_on timestamptz not null default now()
    unique index ix_channel_mappings_plugin_channel (plugin_instance_id, channel_id)`,
};

const API_TOKENS = {
  api_tokens: `
    name varchar(255) not null
    token_hash varchar(64) not null
    user_id integer not null references users (id) on delete cascade indexed
    expires_at timestamptz
    last_used_at timestamptz
    created_at timestamptz not null default now()
    unique index ix_api_tokens_token_hash (token_hash)`,
};
