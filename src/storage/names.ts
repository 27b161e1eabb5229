import type { ClientBase } from 'pg';
import { CURRENT_SCHEMA } from '../database/current-schema.ts';
import { ConflictError } from '../errors.ts';
import { MARK } from './swap.ts';

/**
 * Checks the names of tables and indexes that will be made.
 * @throws ConflictError if something has one of them, other than what goes first: an index of the datapoints, or a table that was
 * replaced
 */
export async function expectFree(client: ClientBase, names: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name
       from pg_class c left join pg_index on indexrelid = c.oid cross join lateral coalesce(indrelid, c.oid) as of_table
       left join pg_inherits on inhrelid = of_table
      where relnamespace = ${CURRENT_SCHEMA} and relname = any ($1) and indrelid is distinct from to_regclass('datapoints')
        and $2 not in (coalesce(obj_description(of_table, 'pg_class'), ''), coalesce(obj_description(inhparent, 'pg_class'), ''))
      order by 1 limit 1`,
    [names, MARK],
  );
  const [first] = rows;
  if (first) {
    throw new ConflictError(`"${first.name}" already exists, and a table or index of that name is to be made.`, {
      hint: 'Rename it, or drop it if it is not needed.',
    });
  }
}
