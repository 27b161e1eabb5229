import type { Database } from '../database/database.ts';
import { databaseFailure } from '../database/failure.ts';
import { query } from '../database/query.ts';
import { identifier } from '../database/sql.ts';
import { mappingsBetween, tablesWithoutTarget } from './mapping.ts';

/** What a copy cannot include: a property of a number of rows, or whole rows if the target has no such table. */
export interface Loss {
  table: string;
  property: string | null;
  rows: number;
}

/** Finds the data of the source that the layout of the target cannot store. */
export async function findLosses(source: Database, target: Pick<Database, 'layout'>): Promise<Loss[]> {
  const losses: Loss[] = [];
  const count = async (table: string, property: string | null, from: string) => {
    const [found] = await query<{ rows: number | string }>(source.em, `select count(*) as rows from ${from}`).catch(
      (error: unknown) => {
        throw databaseFailure(error, source.where);
      },
    );
    if (Number(found?.rows) > 0) {
      losses.push({ table, property, rows: Number(found?.rows) });
    }
  };
  for (const { table, columns, values, dropped } of mappingsBetween(source.layout, target.layout)) {
    for (const { property, value, derived } of dropped) {
      // Compared with the rows as the target will have them: what it derives itself is not lost.
      const row = values.map((sql, at) => `${sql} as ${columns[at]}`).join(', ');
      await count(
        table,
        property,
        `(select ${value} as was, ${row} from ${identifier(table)}) as copied where was is distinct from ${derived}`,
      );
    }
  }
  for (const table of tablesWithoutTarget(source.layout, target.layout)) {
    await count(table, null, identifier(table));
  }
  return losses;
}
