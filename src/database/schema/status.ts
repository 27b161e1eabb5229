import type { EntityManager } from '@mikro-orm/postgresql';
import { isoTimestamp } from '../../entities/types.ts';
import { CURRENT_SCHEMA } from '../current-schema.ts';
import { query } from '../query.ts';

/** MikroORM's own table of executed migrations. */
export const MIGRATIONS_TABLE = 'mikro_orm_migrations';

/** Returns the names of the executed migrations and when they ran (ISO 8601); empty if none has run. Writes nothing. */
export async function executedMigrations(em: EntityManager): Promise<Map<string, string>> {
  const rows = (await hasTable(em, MIGRATIONS_TABLE))
    ? await query<{ name: string; executed_on: string }>(
        em,
        `select name, executed_at as executed_on from ${MIGRATIONS_TABLE} order by id`,
      )
    : [];
  return new Map(rows.map((row) => [row.name, isoTimestamp(row.executed_on)]));
}

/** Whether the role may read those of the tables that the current schema has. */
export async function mayRead(em: EntityManager, tables: readonly string[]): Promise<boolean> {
  const rows = await query<{ may: boolean }>(
    em,
    `select has_table_privilege(oid, 'select') as may from pg_class
      where relname = any (string_to_array(?, ',')) and relnamespace = ${CURRENT_SCHEMA}`,
    [tables.join(',')],
  );
  return rows.every(({ may }) => may);
}

/** Whether the current schema has the table. */
export async function hasTable(em: EntityManager, name: string): Promise<boolean> {
  const [table] = await query<{ present: boolean }>(
    em,
    `select exists (select from pg_class where relname = ? and relnamespace = ${CURRENT_SCHEMA}) as present`,
    [name],
  );
  return table?.present === true;
}
