import { DatabaseSchema, type EntityManager, type MikroORM } from '@mikro-orm/postgresql';
import { query } from '../query.ts';
import { identifier } from '../sql.ts';
import { type LockOptions, migrationNames, statementsOf, withSchemaLock } from './migrations.ts';
import { TableGenerator } from './table-generator.ts';
import { withoutTrace } from './without-trace.ts';

/** Statements that bring a schema to the entities (`up`) and back (`down`); both empty where they agree. */
export interface SchemaDifference {
  up: string[];
  down: string[];
}

/** Made by a transaction that is rolled back; nobody ever sees it. */
const SCRATCH_SCHEMA = 'webmacs_generate';

/** How the tables of the current schema differ from the entities, in the ORM's reading. */
export async function schemaDrift(orm: MikroORM): Promise<SchemaDifference> {
  const [row] = await query<{ schema: string }>(orm.em, 'select current_schema() as schema');
  return await difference(orm, orm.em, row?.schema ?? '');
}

/**
 * How the entities differ from what all migrations make: what the next migration has to do. They run in an empty schema of
 * a transaction that is rolled back, so that what a database has besides, or others have made in it, is not seen at all.
 */
export async function nextDifference(
  orm: MikroORM,
  unbuiltStatements: string[],
  lock: LockOptions,
): Promise<SchemaDifference> {
  return await withoutTrace(
    (work) => withSchemaLock(orm.em, lock, work),
    async (em) => {
      await run(em, [`create schema ${SCRATCH_SCHEMA}`, `set local search_path = ${SCRATCH_SCHEMA}`]);
      for (const name of migrationNames(orm)) {
        await run(em, await statementsOf(orm, name));
      }
      await run(em, unbuiltStatements);
      return await difference(orm, em, SCRATCH_SCHEMA);
    },
  );
}

async function run(em: EntityManager, statements: string[]): Promise<void> {
  for (const statement of statements) {
    await em.getConnection().execute(statement, [], 'run', em.getTransactionContext());
  }
}

async function difference(orm: MikroORM, em: EntityManager, schema: string): Promise<SchemaDifference> {
  const platform = em.getPlatform();
  // To the ORM the default schema is "public", and any other one is to be written before every name.
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

/** A renamed column has the schema before its table nevertheless. */
function statements(sql: string, schema: string): string[] {
  return sql
    .replaceAll(`${identifier(schema)}.`, '')
    .split(/;\n+/)
    .map((statement) => statement.trim().replace(/;$/, ''))
    .filter(Boolean);
}
