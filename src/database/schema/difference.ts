import { DatabaseSchema, type EntityManager, type MikroORM } from '@mikro-orm/postgresql';
import { migrations } from '../../../migrations/index.ts';
import { query } from '../query.ts';
import { identifier } from '../sql.ts';
import { type LockOptions, statementsOf, withSchemaLock } from './migrations.ts';
import { TableGenerator } from './table-generator.ts';

/** Statements that change a schema to match the entities (`up`) and back (`down`); both empty if it matches. */
export interface SchemaDifference {
  up: string[];
  down: string[];
}

/** Created in a transaction that is rolled back, so never visible to others. */
const SCRATCH_SCHEMA = 'webmacs_generate';

/**
 * Compares the entities with the result of all migrations: what the next migration has to do. The migrations run in an empty
 * schema, in a transaction that is rolled back, so that other objects in the database do not matter.
 */
export async function nextDifference(
  orm: MikroORM,
  unbuiltStatements: string[],
  lock: LockOptions,
): Promise<SchemaDifference> {
  return await rolledBack(
    (work) => withSchemaLock(orm.em, lock, work),
    async (em) => {
      await run(em, [`create schema ${SCRATCH_SCHEMA}`, `set local search_path = ${SCRATCH_SCHEMA}`]);
      for (const Type of migrations) {
        await run(em, await statementsOf(orm, Type));
      }
      await run(em, unbuiltStatements);
      return await difference(orm, em, SCRATCH_SCHEMA);
    },
  );
}

/** Returns the result of `work` in the transaction that `begin` starts, and rolls that back. */
async function rolledBack<T>(
  begin: (work: (em: EntityManager) => Promise<never>) => Promise<never>,
  work: (em: EntityManager) => Promise<T>,
): Promise<T> {
  const rollback = new Error('Rolled back on purpose');
  let result: { value: T } | undefined;
  try {
    return await begin(async (em) => {
      result = { value: await work(em) };
      throw rollback;
    });
  } catch (error) {
    if (error === rollback && result) {
      return result.value;
    }
    throw error;
  }
}

async function run(em: EntityManager, statements: string[]): Promise<void> {
  for (const statement of statements) {
    await em.getConnection().execute(statement, [], 'run', em.getTransactionContext());
  }
}

/** Compares the tables of a schema with the entities, according to the ORM. */
export async function difference(orm: MikroORM, em: EntityManager, schema: string): Promise<SchemaDifference> {
  const platform = em.getPlatform();
  // The ORM assumes the default schema "public", and would qualify every name in another one.
  const [byDefault, configured] = [platform.getDefaultSchemaName, orm.config.get('schema')];
  platform.getDefaultSchemaName = () => schema;
  orm.config.set('schema', schema);
  try {
    const fromSchema = new DatabaseSchema(platform, schema);
    const tables = [...orm.getMetadata().getAll().values()].map(({ tableName }) => ({
      table_name: tableName,
      schema_name: schema,
    }));
    const present = await query<{ name: string }>(
      em,
      `select relname as name from pg_class where relnamespace = quote_ident(?)::regnamespace and relkind in ('r', 'p')`,
      [schema],
    );
    await platform.getSchemaHelper()?.loadInformationSchema(
      fromSchema,
      em.getConnection(),
      tables.filter(({ table_name }) => present.some(({ name }) => name === table_name)),
      [schema],
      em.getTransactionContext(),
    );
    const { up, down } = await new TableGenerator(orm.em).getUpdateSchemaMigrationSQL({ wrap: false, fromSchema });
    return { up: statements(up, schema), down: statements(down, schema) };
  } finally {
    platform.getDefaultSchemaName = byDefault;
    orm.config.set('schema', configured);
  }
}

/** Splits the ORM's SQL; the table of a renamed column is still qualified. */
function statements(sql: string, schema: string): string[] {
  return sql
    .replaceAll(`${identifier(schema)}.`, '')
    .split(/;\n+/)
    .map((statement) => statement.trim().replace(/;$/, ''))
    .filter(Boolean);
}
