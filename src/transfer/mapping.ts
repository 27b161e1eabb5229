import { type ColumnSource, columnProperties, columnSourceOf, type Layout } from '../database/layouts/layouts.ts';
import { identifier, literal } from '../database/sql.ts';
import type { USER_ROLES } from '../entities/index.ts';

type UserRole = (typeof USER_ROLES)[number];

/** How the rows of a table are copied from one layout to another. */
export interface TableMapping {
  table: string;
  /** The columns to fill, as SQL over the target's row. */
  columns: string[];
  /** Their values, as SQL over the source's row, in the same order. */
  values: string[];
  /** What the source's rows store and the target's cannot. */
  dropped: { property: string; value: string; derived: string }[];
}

/**
 * Maps the tables that both layouts have, parents before children. A column that only the target has and that cannot be
 * derived from the source, such as when an event was created, keeps its default.
 */
export function mappingsBetween(source: Layout, target: Layout): TableMapping[] {
  const shared = target.entities.filter((entity) => source.entities.includes(entity));
  return shared.map((schema) => {
    const table = schema.tableName;
    const sources = columnProperties(schema).map((property) => ({
      property: property.property,
      value: sqlOf(columnSourceOf(source, table, property)),
      isStored: typeof columnSourceOf(source, table, property) === 'string',
      to: columnSourceOf(target, table, property),
    }));
    const filled = sources.flatMap(({ value, to }) => (value !== null && typeof to === 'string' ? { value, to } : []));
    return {
      table,
      columns: filled.map(({ to }) => identifier(to)),
      values: filled.map(({ value }) => value),
      dropped: sources.flatMap(({ property, value, isStored, to }) =>
        isStored && value !== null && typeof to !== 'string' ? { property, value, derived: sqlOf(to) ?? 'null' } : [],
      ),
    };
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

/** Returns the tables that only the source has. */
export function tablesWithoutTarget(source: Layout, target: Layout): string[] {
  return source.entities.filter((entity) => !target.entities.includes(entity)).map(({ meta }) => meta.tableName);
}

function sqlOf(source: ColumnSource): string | null {
  return typeof source === 'string' ? identifier(source) : source && `(${source.sql})`;
}
