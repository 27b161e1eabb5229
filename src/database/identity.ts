import type { ClientBase, Pool } from 'pg';
import { CURRENT_SCHEMA } from './current-schema.ts';
import { failureCode } from './failure.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/** The name of a database, for people, and what identifies it. */
export interface DatabaseName {
  database: string;
  /** Of {@link identityOf}. */
  database_identity: string;
}

/** Returns the name of the database, or why it cannot be identified: the role may lack the privilege. */
export async function nameOf(database: ClientBase | Pool): Promise<DatabaseName | { problem: string }> {
  try {
    const { rows } = await database.query<{ database: string }>('select current_database() as database');
    return { database: rows[0]?.database ?? '', database_identity: await identityOf(database) };
  } catch (error) {
    if (error instanceof Error && failureCode(error) === INSUFFICIENT_PRIVILEGE) {
      return { problem: `The database cannot be identified: ${error.message}.` };
    }
    throw error;
  }
}

/** Identifies the current schema of a database, independent of how it is connected to. */
export async function identityOf(database: ClientBase | Pool): Promise<string> {
  const { rows } = await database.query<{ identity: string }>(
    `select system_identifier || '/' || oid || '/' || ${CURRENT_SCHEMA}::oid as identity from pg_control_system(), pg_database
      where datname = current_database()`,
  );
  return rows[0]?.identity ?? '';
}
