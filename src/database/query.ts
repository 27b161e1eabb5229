import type { EntityManager } from '@mikro-orm/postgresql';

/** Runs a statement in the entity manager's transaction, if any, and returns its rows; `?` are parameters. */
export async function query<Row>(em: EntityManager, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  // The driver does not know column types: each caller states the row type beside its statement.
  return (await em.getConnection().execute(sql, parameters, 'all', em.getTransactionContext())) as Row[];
}
