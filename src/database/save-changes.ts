import type { EntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { databaseFailure } from './failure.ts';

/**
 * Changes a managed row, and writes it to the database.
 * @throws ConflictError for a value that is taken, and the other errors of the database
 */
export async function saveChanges<T extends object>(
  em: EntityManager,
  row: T,
  change: EntityData<NoInfer<T>>,
): Promise<T> {
  // The ORM's types cannot follow an entity that is a type parameter.
  em.assign(row, change as never);
  await em.flush().catch((error: unknown) => {
    throw databaseFailure(error, 'the database');
  });
  return row;
}
