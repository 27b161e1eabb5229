import { withReferences } from '../database/discovery.ts';
import { type Layout, schemaOf } from '../database/layouts/layouts.ts';
import { identifier, literal } from '../database/sql.ts';
import type { TimeRange } from '../database/time-range.ts';
import { InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';

export const DATAPOINTS = 'datapoints';

/** What to back up: by default everything. */
export interface SelectionRequest extends TimeRange {
  /** Only these tables, and those that they refer to. */
  only?: readonly string[];
  withoutDatapoints?: boolean;
}

/** The rows that a backup has. */
export interface Selection extends TimeRange {
  /** Parents before children. */
  tables: string[];
  /** The other tables of the layout. */
  without: string[];
  /** Returns SQL for the rows of a table. */
  relationOf(table: string): string;
}

/** @throws InvalidInputError for an unknown table, or options that exclude each other */
export function selectionOf(layout: Layout, { only, withoutDatapoints, from, to }: SelectionRequest): Selection {
  const all = layout.entities.map(({ tableName }) => tableName);
  const unknown = only?.find((table) => !all.includes(table));
  if (unknown !== undefined) {
    throw new InvalidInputError(`The layout "${layout.name}" has no table "${unknown}".`, {
      hint: `Choose from ${all.join(', ')}.`,
    });
  }
  // Without the rows that they refer to, the others could not be restored.
  const wanted = new Set(
    layout.entities
      .filter(({ tableName }) => only === undefined || only.includes(tableName))
      .flatMap((schema) => withReferences(schema.class).map((entity) => schemaOf(entity).tableName)),
  );
  if (withoutDatapoints) {
    wanted.delete(DATAPOINTS);
  }
  if (!wanted.has(DATAPOINTS) && (from ?? to) !== undefined) {
    throw new InvalidInputError('--from and --to are for datapoints, which are left out.', {
      hint: 'Leave out --from and --to.',
    });
  }
  const limits = [
    ...(from === undefined ? [] : [`"timestamp" >= ${literal(from)}`]),
    ...(to === undefined ? [] : [`"timestamp" < ${literal(to)}`]),
  ];
  return {
    ...defined({ from, to }),
    tables: all.filter((table) => wanted.has(table)),
    without: all.filter((table) => !wanted.has(table)),
    relationOf: (table) =>
      table === DATAPOINTS && limits.length > 0
        ? `(select * from ${identifier(table)} where ${limits.join(' and ')}) as ${identifier(table)}`
        : identifier(table),
  };
}
