import type { Database } from '../database/database.ts';
import { NEWEST_SERVER_REVISION } from '../database/layouts/create.ts';
import { migrationNames } from '../database/schema/migrations.ts';
import { latestMigration } from '../database/schema/owner.ts';
import { executedMigrations } from '../database/schema/status.ts';

/** How far the schema of a database has been migrated. */
export interface SchemaState {
  /** Our last migration, or the revision of the server's; null if none is recorded. */
  migration: string | null;
  /** Whether a newer migration exists, or it is not known. */
  state: 'current' | 'behind' | 'unknown';
  /** What to do, if it is not current. */
  fix: string | null;
}

/** Compares the recorded migrations with the known ones: ours, or the newest one of the server. */
export async function schemaState({ em, orm, layout }: Database): Promise<SchemaState> {
  const migration = await latestMigration({ em, layout });
  if (layout.owner === 'webmacs') {
    const executed = await executedMigrations(em);
    return migrationNames(orm).every((name) => executed.has(name))
      ? { migration, state: 'current', fix: null }
      : { migration, state: 'behind', fix: 'webmacs db migrate' };
  }
  if (layout.name === 'server-admin-flag') {
    // Which revision is the last one of the older server is not known.
    return { migration, state: 'unknown', fix: null };
  }
  if (migration === null) {
    const fix =
      'alembic stamp head, on the server: its start-up has created the tables, so its migrations cannot start';
    return { migration, state: 'unknown', fix };
  }
  const known = Number.parseInt(NEWEST_SERVER_REVISION, 10);
  const found = Number.parseInt(migration, 10);
  return found < known
    ? { migration, state: 'behind', fix: 'alembic upgrade head, on the server' }
    : { migration, state: found === known ? 'current' : 'unknown', fix: null };
}
