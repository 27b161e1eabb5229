import { type EntityClass, EntitySchema } from '@mikro-orm/core';
import { ApiTokenSchema, entities } from '../../entities/index.ts';

/** The value of a property without a column: SQL over the columns of the table. */
export interface SqlExpression {
  sql: string;
  /** Whether the property can be read and filtered by; if not, only a copy to another layout uses it. */
  readable: boolean;
}

/** The source of a property: a column, an SQL expression, or none (null). */
export type ColumnSource = string | SqlExpression | null;

export type LayoutName = 'own' | 'server-admin-flag' | 'server-roles';

/** The form of the tables in a database. Everything that differs between databases is defined here. */
export interface Layout {
  name: LayoutName;
  /** Whose migrations change the schema. */
  owner: 'webmacs' | 'server';
  /** Parents before children. */
  entities: readonly EntitySchema[];
  /** By table and property; a property that is not listed has the column of its own name. */
  sources: Record<string, Record<string, ColumnSource>>;
}

const ADMIN_FLAG: Record<string, ColumnSource> = {
  role: { sql: `case when admin then 'admin' else 'viewer' end`, readable: false },
  ssoProvider: null,
  ssoSubjectId: null,
};

const ROLES: Record<string, ColumnSource> = {
  admin: { sql: `role = 'admin'`, readable: true },
};

const SERVER_USERS: Record<string, ColumnSource> = { hashedPassword: 'password_hash', createdOn: 'registered_on' };

const SERVER: Layout['sources'] = {
  events: { eventType: 'type', createdOn: null },
  experiments: { createdOn: { sql: `coalesce(started_on, stopped_on, 'epoch')`, readable: false } },
  datapoints: { createdOn: { sql: '"timestamp"', readable: false } },
  firmware_updates: { releaseNotes: 'changelog' },
  dashboard_widgets: { createdOn: null },
  plugin_packages: { createdOn: { sql: 'installed_on', readable: false } },
  channel_mappings: { instance: 'plugin_instance_id' },
};

/** All layouts. A database with the columns of two has the first of them. */
export const LAYOUTS: Record<LayoutName, Layout> = {
  own: { name: 'own', owner: 'webmacs', entities, sources: { users: ADMIN_FLAG } },
  'server-roles': {
    name: 'server-roles',
    owner: 'server',
    entities: [...entities, ApiTokenSchema],
    sources: { ...SERVER, users: { ...SERVER_USERS, ...ROLES } },
  },
  'server-admin-flag': {
    name: 'server-admin-flag',
    owner: 'server',
    entities,
    sources: { ...SERVER, users: { ...SERVER_USERS, ...ADMIN_FLAG } },
  },
};

/** A property with a column, and the name of the column unless a layout overrides it. */
export interface ColumnProperty {
  property: string;
  column: string;
}

/** Returns the definition of an entity. */
export function schemaOf(entity: EntityClass): EntitySchema {
  const schema = EntitySchema.REGISTRY.get(entity);
  if (!schema) {
    throw new TypeError(`${entity.name} is not an entity.`);
  }
  return schema;
}

/**
 * Returns the properties of a table that have a column, in order. A relation has the column with its key; its inverse side has
 * none.
 */
export function columnProperties(schema: EntitySchema): readonly ColumnProperty[] {
  let columns = COLUMNS.get(schema);
  if (!columns) {
    const defined: Record<string, { kind?: string; joinColumn?: string }> = schema.properties;
    columns = Object.entries(defined).flatMap(([property, { kind, joinColumn }]) =>
      kind === '1:m' ? [] : { property, column: joinColumn ?? columnName(property) },
    );
    COLUMNS.set(schema, columns);
  }
  return columns;
}

/** Cached: read for every layout at the start, and for every row that is printed. */
const COLUMNS = new WeakMap<EntitySchema, readonly ColumnProperty[]>();

export function columnSourceOf(layout: Layout, table: string, { property, column }: ColumnProperty): ColumnSource {
  const source = layout.sources[table]?.[property];
  return source === undefined ? column : source;
}

/** Converts `createdOn` to `created_on`. */
export function columnName(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
