import type { ClientBase, Pool } from 'pg';
import { CURRENT_SCHEMA } from './current-schema.ts';

/** Identifies the current schema of a database, independent of how it is connected to. */
export async function identityOf(database: ClientBase | Pool): Promise<string> {
  const { rows } = await database.query<{ identity: string }>(
    `select system_identifier || '/' || oid || '/' || ${CURRENT_SCHEMA}::oid as identity from pg_control_system(), pg_database
      where datname = current_database()`,
  );
  return rows[0]?.identity ?? '';
}
