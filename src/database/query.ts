import type { EntityManager } from '@mikro-orm/postgresql';

/** The rows that a statement answers with, in the entity manager's transaction where it has one; `?` are parameters. */
export async function query<Row>(em: EntityManager, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  // The driver knows no column types: the statement stands beside its row type at each caller.
  return (await em.getConnection().execute(sql, parameters, 'all', em.getTransactionContext())) as Row[];
}
