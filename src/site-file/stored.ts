import type { EntityManager } from '@mikro-orm/postgresql';
import { KINDS } from './kinds/index.ts';
import type { KindName, Stored } from './model.ts';

/** The rows of all kinds, in the order of their ids. */
export type StoredSite = ReadonlyMap<KindName, readonly Stored[]>;

export async function storedSite(em: EntityManager): Promise<StoredSite> {
  const rows = new Map<KindName, readonly Stored[]>();
  for (const { name, entity } of KINDS) {
    rows.set(name, await em.find(entity, {}, { orderBy: { id: 'asc' } }));
  }
  return rows;
}
