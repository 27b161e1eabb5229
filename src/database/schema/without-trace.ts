import type { EntityManager } from '@mikro-orm/postgresql';

/** Calls `work` in the transaction that `begin` makes, hands on what it found, and rolls back whatever it did. */
export async function withoutTrace<T>(
  begin: (work: (em: EntityManager) => Promise<never>) => Promise<never>,
  work: (em: EntityManager) => Promise<T>,
): Promise<T> {
  const undo = new Error('rolled back on purpose');
  let found: { value: T } | undefined;
  try {
    return await begin(async (em) => {
      found = { value: await work(em) };
      throw undo;
    });
  } catch (error) {
    if (error === undo && found) {
      return found.value;
    }
    throw error;
  }
}
