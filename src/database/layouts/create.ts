import { ConflictError } from '../../errors.ts';
import { CURRENT_SCHEMA } from '../current-schema.ts';
import type { Database } from '../database.ts';
import { query } from '../query.ts';
import { type LockOptions, withSchemaLock } from '../schema/migrations.ts';
import { latestMigration } from '../schema/owner.ts';
import { LAYOUTS } from './layouts.ts';
import { serverSchema } from './server-schema.ts';

/** The newest revision of the server's own migrations that the layout matches. */
export const NEWEST_SERVER_REVISION = '005_oidc_sso';

/** Returns the statements that create the newer server's tables, as its migrations do, and record that for them. */
function serverDatabase(): string[] {
  return [
    ...serverSchema('server-roles'),
    // Only its migrations create it, not its start-up.
    'create index ix_users_sso_lookup on users (sso_provider, sso_subject_id)',
    `create table alembic_version (
    version_num varchar(32) not null,
    constraint alembic_version_pkc primary key (version_num)
  )`,
    `insert into alembic_version (version_num) values ('${NEWEST_SERVER_REVISION}')`,
  ];
}

/**
 * Creates the newer server's tables in an empty schema, in one transaction.
 * @returns whether there was anything to do: not if they are already there, at this revision
 * @throws ConflictError if there is any other table; DatabaseError if a table or column is missing; LockTimeoutError
 */
export async function createServerDatabase(database: Database, lock: LockOptions): Promise<boolean> {
  return await withSchemaLock(database.em, lock, async (em) => {
    const planned = await plannedServerDatabase(database, em);
    for (const statement of planned) {
      await query(em, statement);
    }
    return planned.length > 0;
  });
}

/**
 * Returns the statements that `createServerDatabase` would run.
 * @throws as it does
 */
export async function plannedServerDatabase(database: Database, em = database.em): Promise<string[]> {
  const [first] = await query<{ name: string }>(
    em,
    // Views of an extension, such as citus or pg_stat_statements, are not in the way.
    `select relname as name from pg_class c
      where relnamespace = ${CURRENT_SCHEMA} and relkind in ('r', 'p', 'v', 'm', 'f')
        and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
      order by 1 limit 1`,
  );
  if (!first) {
    return serverDatabase();
  }
  const roles = LAYOUTS['server-roles'];
  if ((await latestMigration({ em, layout: roles })) === NEWEST_SERVER_REVISION) {
    await database.expectLayout();
    if (database.layout === roles) {
      return [];
    }
  }
  throw new ConflictError(`${database.where} is not empty: it has the table "${first.name}".`, {
    hint: 'The layout of the server can be created in an empty schema only: create a new database with createdb.',
  });
}
