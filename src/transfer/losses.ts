import type { ClientBase } from 'pg';
import type { Layout } from '../database/layouts/layouts.ts';
import { identifier } from '../database/sql.ts';
import { fieldsOf, mappingsInto } from './mapping.ts';

/** What a copy cannot include: a property of a number of rows, or whole rows if the target has no such table. */
export interface Loss {
  table: string;
  property: string | null;
  rows: number;
}

/**
 * Finds the data of a source that the layout of a target cannot store.
 * @param client a connection to the source
 */
export async function findLosses(
  client: ClientBase,
  source: Layout,
  target: Layout,
  tables: readonly string[],
): Promise<Loss[]> {
  const losses: Loss[] = [];
  const sources = fieldsOf(source).filter(({ table }) => tables.includes(table));
  const mappings = new Map(mappingsInto(target, sources).map((mapping) => [mapping.table, mapping]));
  const derivedBy = new Map(fieldsOf(target).map(({ table, fields }) => [table, fields]));
  for (const { table, fields } of sources) {
    const mapping = mappings.get(table);
    const dropped = fields.filter(({ property, isStored }) => isStored && !mapping?.properties.includes(property));
    const sqlOf = (wanted: string) => fields.find(({ property }) => property === wanted)?.sql;
    // Compared with the rows as the target will have them: what it derives itself is not lost.
    const values = mapping
      ? [
          ...mapping.columns.map((column, at) => `${sqlOf(mapping.properties[at] ?? '')} as ${column}`),
          ...dropped.map(({ sql }, at) => `${sql} as was${at}`),
        ]
      : [];
    const counts = mapping
      ? dropped.map(({ property }, at) => {
          const derived = derivedBy.get(table)?.find((field) => field.property === property)?.sql ?? 'null';
          return `count(*) filter (where was${at} is distinct from ${derived})`;
        })
      : ['count(*)'];
    if (counts.length > 0) {
      const { rows } = await client.query<(number | string)[]>({
        text: `select ${counts.join(', ')} from (select ${values.join(', ')} from ${identifier(table)}) as copied`,
        rowMode: 'array',
      });
      losses.push(
        ...(rows[0] ?? []).map((count, at) => ({
          ...{ table, property: mapping ? (dropped[at]?.property ?? null) : null },
          rows: Number(count),
        })),
      );
    }
  }
  return losses.filter(({ rows }) => rows > 0);
}
