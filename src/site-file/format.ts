import * as z from 'zod/mini';
import { MAX_FILE_BYTES } from '../domain/firmware.ts';
import { DEFAULT_COOLDOWN_SECONDS } from '../domain/rules.ts';
import {
  CHANNEL_DIRECTIONS,
  EVENT_TYPES,
  RULE_ACTIONS,
  RULE_OPERATORS,
  USER_ROLES,
  WEBHOOK_EVENT_TYPES,
  WIDGET_TYPES,
} from '../entities/index.ts';
import type { Fields, KindName, Value } from './model.ts';

// The format of a site file: the types, the defaults, the messages and the JSON Schema all come from here. Field names are those of
// the JSON that the program prints.

const text = z.string();
const filled = text.check(z.minLength(1, 'Expected a text that is not empty.'));
const withoutNul = text.check(z.regex(/^[^\0]*$/, 'It contains a NUL character.'));
const SIZE = `Expected 0 to ${MAX_FILE_BYTES} bytes.`;
/** Also those that JSON lacks, for the database can have them. */
export const number = z.union([
  z.number(),
  z.literal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]),
]);
const cells = z.int();

/** Where a password or secret comes from. */
const source = z.union([
  z.strictObject({ env: filled }),
  z.strictObject({ file: filled }),
  z.strictObject({ command: z.union([filled, z.array(text).check(z.minLength(1, 'The command is empty.'))]) }),
]);

/** What every row may have. */
const publicId = text.check(z.regex(/^[\w.-]{1,100}$/, 'A public id has 1 to 100 letters, digits and -.'));
const common = { public_id: z.optional(publicId), renamed_from: z.optional(text) };
const owned = { ...common, owner: z.optional(text) };

/** A JSON object. */
const config = z._default(z.nullable(z.union([z.record(text, z.unknown()), text])), null);

const user = z
  .strictObject({
    email: text,
    role: z.optional(z.enum(USER_ROLES)),
    admin: z.optional(z.boolean()),
    sso_provider: z._default(z.nullable(text), null),
    sso_subject_id: z._default(z.nullable(text), null),
    password_from: z.optional(source),
    password: z.optional(text),
    ...common,
  })
  .check(
    z.refine(
      ({ role, admin }) => role === undefined || admin === undefined || (role === 'admin') === admin,
      'role and admin contradict each other.',
    ),
  );

const event = z.strictObject({
  unit: text,
  min_value: number,
  max_value: number,
  event_type: z.enum(EVENT_TYPES),
  ...owned,
});

const rule = z.strictObject({
  event: text,
  operator: z.enum(RULE_OPERATORS),
  threshold: number,
  threshold_high: z._default(z.nullable(number), null),
  action_type: z.enum(RULE_ACTIONS),
  webhook_event_type: z.optional(z.nullable(z.enum(WEBHOOK_EVENT_TYPES))),
  enabled: z._default(z.boolean(), true),
  cooldown_seconds: z._default(z.int(), DEFAULT_COOLDOWN_SECONDS),
  ...owned,
});

const webhook = z.strictObject({
  events: z.array(z.enum(WEBHOOK_EVENT_TYPES)),
  enabled: z._default(z.boolean(), true),
  secret_from: z.optional(source),
  secret: z.optional(text),
  ...owned,
});

const widget = z.strictObject({
  title: z.optional(text),
  widget_type: z.enum(WIDGET_TYPES),
  event: z._default(z.nullable(text), null),
  config_json: config,
  x: cells,
  y: cells,
  w: z._default(cells, 4),
  h: z._default(cells, 3),
  ...common,
});

const dashboard = z.strictObject({
  name: z.optional(text),
  is_global: z._default(z.boolean(), false),
  widgets: z.optional(z.record(text, widget)),
  ...owned,
});

const channel = z.strictObject({
  channel_name: text,
  direction: z.enum(CHANNEL_DIRECTIONS),
  unit: text,
  event: z._default(z.nullable(text), null),
  ...common,
});

const pluginInstance = z.strictObject({
  plugin_id: text,
  demo_mode: z._default(z.boolean(), false),
  enabled: z._default(z.boolean(), true),
  config_json: config,
  channels: z.optional(z.record(text, channel)),
  ...owned,
});

const firmware = z.strictObject({
  release_notes: z._default(z.nullable(withoutNul), null),
  file_path: z._default(z.nullable(withoutNul.check(z.maxLength(500, 'A path has at most 500 characters.'))), null),
  file_hash_sha256: z._default(
    z.nullable(text.check(z.regex(/^[0-9a-f]{64}$/, 'Expected 64 lowercase hex digits.'))),
    null,
  ),
  file_size_bytes: z._default(z.nullable(z.int().check(z.gte(0, SIZE), z.lte(MAX_FILE_BYTES, SIZE))), null),
  ...owned,
});

const experiment = z.strictObject({
  started_on: text,
  stopped_on: text,
  ...owned,
});

/** One document of a site file: in each kind, the rows by their names. */
export const SITE_FORMAT = z.strictObject({
  owner: z.optional(text),
  users: z.optional(z.record(text, user)),
  events: z.optional(z.record(text, event)),
  rules: z.optional(z.record(text, rule)),
  webhooks: z.optional(z.record(text, webhook)),
  dashboards: z.optional(z.record(text, dashboard)),
  plugin_instances: z.optional(z.record(text, pluginInstance)),
  firmware: z.optional(z.record(text, firmware)),
  experiments: z.optional(z.record(text, experiment)),
});

export type SiteDocument = z.infer<typeof SITE_FORMAT>;

type Beside = keyof typeof common | 'owner' | 'name' | 'admin' | 'password' | 'password_from' | 'widgets' | 'channels';
/** The fields of a row in a file, given or by default. */
type FieldsIn<Item> = { [Field in Exclude<keyof Item, Beside>]: Exclude<Item[Field], undefined> };
export type FieldsOf<Kind extends keyof SiteDocument> = FieldsIn<
  Exclude<SiteDocument[Kind], string | undefined>[string]
>;
export type WidgetFields = FieldsIn<z.infer<typeof widget>>;
export type ChannelFields = FieldsIn<z.infer<typeof channel>>;

const ITEMS: Readonly<Record<KindName, { shape: object }>> = {
  users: user,
  events: event,
  rules: rule,
  webhooks: webhook,
  dashboards: dashboard,
  widgets: widget,
  plugin_instances: pluginInstance,
  channels: channel,
  firmware,
  experiments: experiment,
};

/** Returns the values of the fields that a row of a kind may leave out. */
export function defaultsOf(kind: KindName): Fields {
  return Object.fromEntries(
    Object.entries(ITEMS[kind].shape).flatMap(([field, schema]) =>
      schema instanceof z.ZodMiniDefault ? [[field, schema.def.defaultValue as Value]] : [],
    ),
  );
}
