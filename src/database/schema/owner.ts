import { ConflictError } from '../../errors.ts';
import { CURRENT_SCHEMA } from '../current-schema.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';
import { executedMigrations } from './status.ts';

/** The newest migration of a database: ours, or the revision of the server's own; null where none ever ran. */
export async function latestMigration({ em, layout }: Pick<Database, 'em' | 'layout'>): Promise<string | null> {
  if (layout.owner === 'webmacs') {
    return [...(await executedMigrations(em)).keys()].at(-1) ?? null;
  }
  const [table] = await query<{ present: boolean }>(
    em,
    `select exists (select from pg_class where relname = 'alembic_version' and relnamespace = ${CURRENT_SCHEMA}) as present`,
  );
  const rows = table?.present
    ? await query<{ version_num: string }>(em, 'select version_num from alembic_version')
    : [];
  return rows[0]?.version_num ?? null;
}

/**
 * The revision of a database that the WebMACS server made; null where its start-up made it and no migration has run.
 * @throws DatabaseError when it has neither a revision nor a known layout: it is something else
 */
export async function serverRevision(database: Database): Promise<string | null> {
  const revision = await latestMigration(database);
  if (revision === null) {
    await database.expectLayout();
  }
  return revision;
}

/**
 * Refuses to change the schema of a database that the WebMACS server made.
 * @throws ConflictError with the revision that its own migrations have brought it to, DatabaseError
 */
export async function expectOwnSchema(database: Database): Promise<void> {
  if (database.layout.owner === 'server') {
    const revision = await serverRevision(database);
    const state = revision === null ? 'no migration of it has run' : `its revision is ${revision}`;
    throw new ConflictError(
      `The schema of ${database.where} belongs to the WebMACS server (layout "${database.layout.name}"): ${state}.`,
      { hint: "The server's own migrations change it; all other commands work on it as it is." },
    );
  }
}
