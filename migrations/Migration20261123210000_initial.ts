import { Migration } from '@mikro-orm/migrations';

/** The 15 tables. */
export class Migration20261123210000_initial extends Migration {
  override name = 'Migration20261123210000_initial';

  override up(): void {
    this.addSql(`create table "users" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "username" varchar(50) not null,
        "email" varchar(255) not null,
        "hashed_password" varchar(255) not null,
        "admin" boolean not null default false,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "users" add constraint "users_public_id_key" unique ("public_id")`);
    this.addSql(`alter table "users" add constraint "users_username_key" unique ("username")`);
    this.addSql(`alter table "users" add constraint "users_email_key" unique ("email")`);

    this.addSql(`create table "events" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "name" varchar(255) not null,
        "unit" varchar(255) not null,
        "min_value" double precision not null,
        "max_value" double precision not null,
        "event_type" text not null,
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "events" add constraint "events_public_id_key" unique ("public_id")`);
    this.addSql(`alter table "events" add constraint "events_name_key" unique ("name")`);
    this.addSql(`create index "ix_events_user_public_id" on "events" ("user_public_id")`);
    this.addSql(
      `alter table "events" add constraint "events_event_type_check" check ("event_type" in ('sensor', 'actuator', 'range', 'cmd_button', 'cmd_opened', 'cmd_closed'))`,
    );
    this.addSql(
      `alter table "events" add constraint "events_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "experiments" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "name" varchar(255) not null,
        "started_on" timestamptz null default now(),
        "stopped_on" timestamptz null,
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "experiments" add constraint "experiments_public_id_key" unique ("public_id")`);
    this.addSql(`alter table "experiments" add constraint "experiments_name_key" unique ("name")`);
    this.addSql(`create index "ix_experiments_started_on" on "experiments" ("started_on")`);
    this.addSql(`create index "ix_experiments_stopped_on" on "experiments" ("stopped_on")`);
    this.addSql(`create index "ix_experiments_user_public_id" on "experiments" ("user_public_id")`);
    this.addSql(
      `alter table "experiments" add constraint "experiments_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "datapoints" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "value" double precision not null,
        "timestamp" timestamptz not null default now(),
        "event_public_id" varchar(100) not null,
        "experiment_public_id" varchar(100) null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "datapoints" add constraint "datapoints_public_id_key" unique ("public_id")`);
    this.addSql(`create index "ix_datapoints_timestamp" on "datapoints" ("timestamp")`);
    this.addSql(`create index "ix_datapoints_experiment_public_id" on "datapoints" ("experiment_public_id")`);
    this.addSql(`create index "ix_datapoints_event_ts" on "datapoints" ("event_public_id", "timestamp")`);
    this.addSql(
      `alter table "datapoints" add constraint "datapoints_event_public_id_fkey" foreign key ("event_public_id") references "events" ("public_id") on delete cascade`,
    );
    this.addSql(
      `alter table "datapoints" add constraint "datapoints_experiment_public_id_fkey" foreign key ("experiment_public_id") references "experiments" ("public_id") on delete set null`,
    );

    this.addSql(`create table "log_entries" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "content" varchar(500) not null,
        "logging_type" text null,
        "status_type" text not null default 'unread',
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "log_entries" add constraint "log_entries_public_id_key" unique ("public_id")`);
    this.addSql(`create index "ix_log_entries_user_public_id" on "log_entries" ("user_public_id")`);
    this.addSql(`create index "ix_log_entries_created_on" on "log_entries" ("created_on")`);
    this.addSql(
      `alter table "log_entries" add constraint "log_entries_logging_type_check" check ("logging_type" in ('error', 'warning', 'info'))`,
    );
    this.addSql(
      `alter table "log_entries" add constraint "log_entries_status_type_check" check ("status_type" in ('read', 'unread'))`,
    );
    this.addSql(
      `alter table "log_entries" add constraint "log_entries_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "blacklist_tokens" (
        "id" serial primary key,
        "token" varchar(500) not null,
        "blacklisted_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "blacklist_tokens" add constraint "blacklist_tokens_token_key" unique ("token")`);
    this.addSql(`create index "ix_blacklist_tokens_blacklisted_on" on "blacklist_tokens" ("blacklisted_on")`);

    this.addSql(`create table "rules" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "name" varchar(255) not null,
        "event_public_id" varchar(100) not null,
        "operator" text not null,
        "threshold" double precision not null,
        "threshold_high" double precision null,
        "action_type" text not null,
        "webhook_event_type" varchar(100) null,
        "enabled" boolean not null default true,
        "cooldown_seconds" int not null default 60,
        "last_triggered_at" timestamptz null,
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "rules" add constraint "rules_public_id_key" unique ("public_id")`);
    this.addSql(`alter table "rules" add constraint "rules_name_key" unique ("name")`);
    this.addSql(`create index "ix_rules_event_public_id" on "rules" ("event_public_id")`);
    this.addSql(`create index "ix_rules_user_public_id" on "rules" ("user_public_id")`);
    this.addSql(
      `alter table "rules" add constraint "rules_operator_check" check ("operator" in ('gt', 'lt', 'eq', 'gte', 'lte', 'between', 'not_between'))`,
    );
    this.addSql(
      `alter table "rules" add constraint "rules_action_type_check" check ("action_type" in ('webhook', 'log'))`,
    );
    this.addSql(
      `alter table "rules" add constraint "rules_event_public_id_fkey" foreign key ("event_public_id") references "events" ("public_id") on delete cascade`,
    );
    this.addSql(
      `alter table "rules" add constraint "rules_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "webhooks" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "url" varchar(2048) not null,
        "secret" varchar(255) null,
        "events" text not null,
        "enabled" boolean not null default true,
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "webhooks" add constraint "webhooks_public_id_key" unique ("public_id")`);
    this.addSql(`create index "ix_webhooks_user_public_id" on "webhooks" ("user_public_id")`);
    this.addSql(`create index "ix_webhooks_created_on" on "webhooks" ("created_on")`);
    this.addSql(
      `alter table "webhooks" add constraint "webhooks_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "webhook_deliveries" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "webhook_id" int not null,
        "event_type" varchar(100) not null,
        "payload" text not null,
        "status" text not null default 'pending',
        "attempts" int not null default 0,
        "last_error" text null,
        "response_code" int null,
        "delivered_on" timestamptz null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_public_id_key" unique ("public_id")`,
    );
    this.addSql(`create index "ix_webhook_deliveries_webhook_id" on "webhook_deliveries" ("webhook_id")`);
    this.addSql(`create index "ix_webhook_deliveries_created_on" on "webhook_deliveries" ("created_on")`);
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_status_check" check ("status" in ('pending', 'delivered', 'failed', 'dead_letter'))`,
    );
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_webhook_id_fkey" foreign key ("webhook_id") references "webhooks" ("id") on delete cascade`,
    );

    this.addSql(`create table "firmware_updates" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "version" varchar(50) not null,
        "release_notes" text null,
        "file_path" varchar(500) null,
        "status" text not null default 'pending',
        "file_hash_sha256" varchar(64) null,
        "file_size_bytes" int null,
        "error_message" text null,
        "started_on" timestamptz null,
        "completed_on" timestamptz null,
        "user_public_id" varchar(100) null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "firmware_updates" add constraint "firmware_updates_public_id_key" unique ("public_id")`);
    this.addSql(`alter table "firmware_updates" add constraint "firmware_updates_version_key" unique ("version")`);
    this.addSql(`create index "ix_firmware_updates_status" on "firmware_updates" ("status")`);
    this.addSql(`create index "ix_firmware_updates_user_public_id" on "firmware_updates" ("user_public_id")`);
    this.addSql(`create index "ix_firmware_updates_created_on" on "firmware_updates" ("created_on")`);
    this.addSql(
      `alter table "firmware_updates" add constraint "firmware_updates_status_check" check ("status" in ('pending', 'downloading', 'verifying', 'applying', 'completed', 'failed', 'rolled_back'))`,
    );
    this.addSql(
      `alter table "firmware_updates" add constraint "firmware_updates_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete set null`,
    );

    this.addSql(`create table "dashboards" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "name" varchar(255) not null,
        "is_global" boolean not null default false,
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "dashboards" add constraint "dashboards_public_id_key" unique ("public_id")`);
    this.addSql(`create index "ix_dashboards_name" on "dashboards" ("name")`);
    this.addSql(`create index "ix_dashboards_user_public_id" on "dashboards" ("user_public_id")`);
    this.addSql(
      `alter table "dashboards" add constraint "dashboards_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "dashboard_widgets" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "dashboard_id" int not null,
        "widget_type" text not null,
        "title" varchar(255) not null,
        "event_public_id" varchar(100) null,
        "config_json" text null,
        "x" int not null default 0,
        "y" int not null default 0,
        "w" int not null default 4,
        "h" int not null default 3,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(
      `alter table "dashboard_widgets" add constraint "dashboard_widgets_public_id_key" unique ("public_id")`,
    );
    this.addSql(`create index "ix_dashboard_widgets_dashboard_id" on "dashboard_widgets" ("dashboard_id")`);
    this.addSql(`create index "ix_dashboard_widgets_event_public_id" on "dashboard_widgets" ("event_public_id")`);
    this.addSql(
      `alter table "dashboard_widgets" add constraint "dashboard_widgets_widget_type_check" check ("widget_type" in ('line_chart', 'gauge', 'stat_card', 'actuator_toggle'))`,
    );
    this.addSql(
      `alter table "dashboard_widgets" add constraint "dashboard_widgets_dashboard_id_fkey" foreign key ("dashboard_id") references "dashboards" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "dashboard_widgets" add constraint "dashboard_widgets_event_public_id_fkey" foreign key ("event_public_id") references "events" ("public_id") on delete set null`,
    );

    this.addSql(`create table "plugin_packages" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "package_name" varchar(255) not null,
        "version" varchar(50) not null,
        "source" text not null,
        "file_path" varchar(500) null,
        "file_hash_sha256" varchar(64) null,
        "file_size_bytes" int null,
        "plugin_ids" text not null,
        "installed_on" timestamptz not null default now(),
        "user_public_id" varchar(100) null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "plugin_packages" add constraint "plugin_packages_public_id_key" unique ("public_id")`);
    this.addSql(
      `alter table "plugin_packages" add constraint "plugin_packages_package_name_key" unique ("package_name")`,
    );
    this.addSql(`create index "ix_plugin_packages_user_public_id" on "plugin_packages" ("user_public_id")`);
    this.addSql(
      `alter table "plugin_packages" add constraint "plugin_packages_source_check" check ("source" in ('bundled', 'uploaded'))`,
    );
    this.addSql(
      `alter table "plugin_packages" add constraint "plugin_packages_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete set null`,
    );

    this.addSql(`create table "plugin_instances" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "plugin_id" varchar(100) not null,
        "instance_name" varchar(255) not null,
        "demo_mode" boolean not null default false,
        "enabled" boolean not null default true,
        "status" text not null default 'inactive',
        "config_json" text null,
        "error_message" text null,
        "updated_on" timestamptz not null default now(),
        "user_public_id" varchar(100) not null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "plugin_instances" add constraint "plugin_instances_public_id_key" unique ("public_id")`);
    this.addSql(`create index "ix_plugin_instances_plugin_id" on "plugin_instances" ("plugin_id")`);
    this.addSql(
      `alter table "plugin_instances" add constraint "plugin_instances_instance_name_key" unique ("instance_name")`,
    );
    this.addSql(`create index "ix_plugin_instances_user_public_id" on "plugin_instances" ("user_public_id")`);
    this.addSql(
      `alter table "plugin_instances" add constraint "plugin_instances_status_check" check ("status" in ('inactive', 'connected', 'error', 'demo'))`,
    );
    this.addSql(
      `alter table "plugin_instances" add constraint "plugin_instances_user_public_id_fkey" foreign key ("user_public_id") references "users" ("public_id") on delete cascade`,
    );

    this.addSql(`create table "channel_mappings" (
        "id" serial primary key,
        "public_id" varchar(100) not null,
        "instance_id" int not null,
        "channel_id" varchar(100) not null,
        "channel_name" varchar(255) not null,
        "direction" text not null,
        "unit" varchar(50) not null,
        "event_public_id" varchar(100) null,
        "created_on" timestamptz not null default now()
      )`);
    this.addSql(`alter table "channel_mappings" add constraint "channel_mappings_public_id_key" unique ("public_id")`);
    this.addSql(`create index "ix_channel_mappings_event_public_id" on "channel_mappings" ("event_public_id")`);
    this.addSql(
      `alter table "channel_mappings" add constraint "channel_mappings_instance_id_channel_id_key" unique ("instance_id", "channel_id")`,
    );
    this.addSql(
      `alter table "channel_mappings" add constraint "channel_mappings_direction_check" check ("direction" in ('input', 'output', 'bidirectional'))`,
    );
    this.addSql(
      `alter table "channel_mappings" add constraint "channel_mappings_instance_id_fkey" foreign key ("instance_id") references "plugin_instances" ("id") on delete cascade`,
    );
    this.addSql(
      `alter table "channel_mappings" add constraint "channel_mappings_event_public_id_fkey" foreign key ("event_public_id") references "events" ("public_id") on delete set null`,
    );
  }

  override down(): void {
    this.addSql(`drop table "channel_mappings"`);
    this.addSql(`drop table "plugin_instances"`);
    this.addSql(`drop table "plugin_packages"`);
    this.addSql(`drop table "dashboard_widgets"`);
    this.addSql(`drop table "dashboards"`);
    this.addSql(`drop table "firmware_updates"`);
    this.addSql(`drop table "webhook_deliveries"`);
    this.addSql(`drop table "webhooks"`);
    this.addSql(`drop table "rules"`);
    this.addSql(`drop table "blacklist_tokens"`);
    this.addSql(`drop table "log_entries"`);
    this.addSql(`drop table "datapoints"`);
    this.addSql(`drop table "experiments"`);
    this.addSql(`drop table "events"`);
    this.addSql(`drop table "users"`);
  }
}
