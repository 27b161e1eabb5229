import type { EntityManager } from '@mikro-orm/postgresql';
import { ConflictError } from '../../errors.ts';
import { CURRENT_SCHEMA } from '../current-schema.ts';
import { query } from '../query.ts';
import { type LockOptions, withSchemaLock } from '../schema/migrations.ts';
import { serverSchema } from './server-schema.ts';

/** The newest revision of the server's own migrations that the layout matches. */
export const NEWEST_SERVER_REVISION = '005_oidc_sso';

/** Returns the statements that create the newer server's tables, and record that for its migration tool. */
export function serverDatabase(): string[] {
  return [
    ...serverSchema('server-roles'),
    `create table alembic_version (
    version_num varchar(32) not null,
    constraint alembic_version_pkc primary key (version_num)
  )`,
    `insert into alembic_version (version_num) values ('${NEWEST_SERVER_REVISION}')`,
  ];
}

/**
 * Creates the newer server's tables in an empty schema, in one transaction.
 * @throws ConflictError if there is any table, LockTimeoutError
 */
export async function createServerDatabase(em: EntityManager, where: string, lock: LockOptions): Promise<void> {
  await withSchemaLock(em, lock, async (inner) => {
    await expectNoTable(inner, where);
    for (const statement of serverDatabase()) {
      await query(inner, statement);
    }
  });
}

/** @throws ConflictError if there is any table, naming the first */
export async function expectNoTable(em: EntityManager, where: string): Promise<void> {
  const [first] = await query<{ name: string }>(
    em,
    `select relname as name from pg_class
      where relnamespace = ${CURRENT_SCHEMA} and relkind in ('r', 'p', 'v', 'm', 'f') order by 1 limit 1`,
  );
  if (first) {
    throw new ConflictError(`${where} is not empty: it has the table "${first.name}".`, {
      hint: 'The layout of the server can be created in an empty schema only: create a new database with createdb.',
    });
  }
}
