import { ConflictError } from '../../errors.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';
import { executedMigrations, hasTable } from './status.ts';

/** Returns the latest migration of a database: ours, or the revision of the server's own; null if none has run. */
export async function latestMigration({ em, layout }: Pick<Database, 'em' | 'layout'>): Promise<string | null> {
  if (layout.owner === 'webmacs') {
    return [...(await executedMigrations(em)).keys()].at(-1) ?? null;
  }
  const rows = (await hasTable(em, 'alembic_version'))
    ? await query<{ version_num: string }>(em, 'select version_num from alembic_version')
    : [];
  return rows[0]?.version_num ?? null;
}

/**
 * Returns the revision of a database of the WebMACS server; null if its start-up created the tables and no migration has run.
 * @throws DatabaseError when it has neither a revision nor a known layout, and so is something else
 */
export async function serverRevision(database: Database): Promise<string | null> {
  const revision = await latestMigration(database);
  if (revision === null) {
    await database.expectLayout();
  }
  return revision;
}

/**
 * Returns the database if its schema is ours to change, not the WebMACS server's.
 * @throws ConflictError with its revision, DatabaseError
 */
export async function expectOwnSchema(database: Database): Promise<Database> {
  if (database.layout.owner === 'server') {
    const revision = await serverRevision(database);
    const state = revision === null ? 'none of its migrations has run' : `its revision is ${revision}`;
    throw new ConflictError(
      `The schema of ${database.where} belongs to the WebMACS server (layout "${database.layout.name}"): ${state}.`,
      { hint: "Change it with the server's own migrations; all other commands work with it." },
    );
  }
  return database;
}
