import { type ColumnSource, columnProperties, columnSourceOf, type Layout } from '../database/layouts/layouts.ts';
import { identifier } from '../database/sql.ts';

/** How the rows of a table go from one layout into another. */
export interface TableMapping {
  table: string;
  /** The columns that are filled, as SQL over the target's row. */
  columns: string[];
  /** Their values, as SQL over the source's row, in the same order. */
  values: string[];
  /** What the source's rows say that the target's cannot. */
  dropped: { property: string; value: string; derived: string }[];
}

/**
 * The tables that both layouts have, parents before children. A column that the target has alone and that follows from
 * nothing in the source, such as when an event was made, keeps its default.
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

/** The tables that the source has alone. */
export function tablesWithoutTarget(source: Layout, target: Layout): string[] {
  return source.entities.filter((entity) => !target.entities.includes(entity)).map(({ meta }) => meta.tableName);
}

function sqlOf(place: ColumnSource): string | null {
  return typeof place === 'string' ? identifier(place) : place && `(${place.sql})`;
}
