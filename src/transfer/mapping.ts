import { columnProperties, columnSourceOf, type Layout } from '../database/layouts/layouts.ts';
import { identifier, literal } from '../database/sql.ts';
import type { USER_ROLES } from '../entities/index.ts';

type UserRole = (typeof USER_ROLES)[number];

/** A property of the rows of a table. */
export interface Field {
  property: string;
  /** Its value, as SQL over the row. */
  sql: string;
  /** Whether the row stores it; else it is derived from what it stores. */
  isStored: boolean;
}

/** The properties of the rows of a table, whatever the layout calls them. */
export interface TableFields<F = Field> {
  table: string;
  fields: readonly F[];
}

/** Which properties of its source a table of the target stores. */
export interface TableMapping {
  table: string;
  properties: string[];
  /** The columns that they fill, as SQL over the target's row, in the same order. */
  columns: string[];
}

/** The half of the source: returns what the tables of a layout can say of their rows, parents before children. */
export function fieldsOf(layout: Layout): TableFields[] {
  return layout.entities.map((schema) => ({
    table: schema.tableName,
    fields: columnProperties(schema).flatMap((property) => {
      const source = columnSourceOf(layout, schema.tableName, property);
      const isStored = typeof source === 'string';
      const sql = isStored ? identifier(source) : source && `(${source.sql})`;
      return sql === null ? [] : { property: property.property, sql, isStored };
    }),
  }));
}

/**
 * The half of the target: maps the tables that both have, parents before children. A column that only the target has and that
 * the source cannot derive, such as when an event was created, keeps its default.
 */
export function mappingsInto(target: Layout, source: readonly TableFields<Pick<Field, 'property'>>[]): TableMapping[] {
  return fieldsOf(target).flatMap(({ table, fields }) => {
    const given = source.find((candidate) => candidate.table === table)?.fields;
    const filled = fields.filter(
      ({ property, isStored }) => isStored && given?.some((field) => field.property === property),
    );
    return given
      ? { table, properties: filled.map(({ property }) => property), columns: filled.map(({ sql }) => sql) }
      : [];
  });
}

/** Returns a layout without roles as one whose users that are not admins have this role. */
export function withNonAdmins(layout: Layout, role: UserRole): Layout {
  const { users } = layout.sources;
  return typeof users?.role === 'object'
    ? {
        ...layout,
        sources: {
          ...layout.sources,
          users: { ...users, role: { sql: `case when admin then 'admin' else ${literal(role)} end`, readable: false } },
        },
      }
    : layout;
}

/** Whether a copy has to choose the role of users that are not admins. */
export function choosesRoles(source: Layout, target: Layout): boolean {
  return typeof source.sources.users?.role === 'object' && target.sources.users?.role === undefined;
}
