import { DatabaseSchema, type EntityManager, type MikroORM } from '@mikro-orm/postgresql';
import { type LockOptions, migrationNames, statementsOf, withSchemaLock } from './migrations.ts';
import { executedMigrations } from './status.ts';
import { TableGenerator } from './table-generator.ts';
import { withoutTrace } from './without-trace.ts';

/** Statements that bring the database to the entities (`up`) and back (`down`); both empty where they agree. */
export interface SchemaDifference {
  up: string[];
  down: string[];
}

/** How the real database differs from the entities. Tables that the entities do not know are left alone. */
export async function schemaDrift(orm: MikroORM): Promise<SchemaDifference> {
  return await difference(orm, orm.em);
}

/**
 * How the database will differ from the entities once all migrations have run: what the next migration has to do.
 * The pending ones run in a transaction that is rolled back, so nothing is written.
 */
export async function nextDifference(
  orm: MikroORM,
  pendingStatements: string[],
  lock: LockOptions,
): Promise<SchemaDifference> {
  return await withoutTrace(
    (work) => withSchemaLock(orm.em, lock, work),
    async (em) => {
      const executed = await executedMigrations(em);
      for (const name of migrationNames(orm).filter((known) => !executed.has(known))) {
        await run(em, await statementsOf(orm, name));
      }
      await run(em, pendingStatements);
      return await difference(orm, em);
    },
  );
}

async function run(em: EntityManager, statements: string[]): Promise<void> {
  for (const statement of statements) {
    await em.getConnection().execute(statement, [], 'run', em.getTransactionContext());
  }
}

async function difference(orm: MikroORM, em: EntityManager): Promise<SchemaDifference> {
  const fromSchema = await DatabaseSchema.create(
    em.getConnection(),
    em.getPlatform(),
    orm.config,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    em.getTransactionContext(),
  );
  const known = new Set([...orm.getMetadata().getAll().values()].map((meta) => meta.tableName));
  fromSchema.setTables(fromSchema.getTables().filter((table) => known.has(table.name)));
  const { up, down } = await new TableGenerator(orm.em).getUpdateSchemaMigrationSQL({ wrap: false, fromSchema });
  return { up: statements(up), down: statements(down) };
}

function statements(sql: string): string[] {
  return sql
    .split(/;\n+/)
    .map((statement) => statement.trim().replace(/;$/, ''))
    .filter(Boolean);
}
