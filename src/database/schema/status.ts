import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../query.ts';

/** MikroORM's own table of executed migrations. */
const TABLE = 'mikro_orm_migrations';

const ISO_SECONDS = `to_char(executed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')`;

/** The executed migrations' names and when they ran (ISO 8601); empty where no migration ever ran. Writes nothing. */
export async function executedMigrations(em: EntityManager): Promise<Map<string, string>> {
  const [table] = await query<{ present: boolean }>(em, 'select to_regclass(?) is not null as present', [TABLE]);
  const rows = table?.present
    ? await query<{ name: string; executed_on: string }>(
        em,
        `select name, ${ISO_SECONDS} as executed_on from ${TABLE} order by id`,
      )
    : [];
  return new Map(rows.map((row) => [row.name, row.executed_on]));
}
