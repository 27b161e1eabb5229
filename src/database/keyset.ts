import type { EntityName, EntityProperty, FilterQuery } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';
import { sharedId } from './reference.ts';
import { keyOf } from './row.ts';

/** A filter on an entity that is a type parameter. */
export type Where<T> = FilterQuery<NoInfer<T>>;

/** How to get the total: `exact` always counts, `quick` estimates from a million rows on, `none` does neither. */
export type Counting = 'exact' | 'quick' | 'none';

/** Rows in the order of a column, with the id as tie-breaker. */
export interface Listing<T extends object> {
  em: EntityManager;
  entity: EntityName<T>;
  where: Where<T>;
  column: string;
  direction: 'asc' | 'desc';
  /** The relations to load with the rows. */
  populate: readonly string[] | undefined;
  /** The most rows to read at once. */
  limit: number;
  counting: Counting;
}

/** Returns the filter for the row with this public id, or this id if the entity has no public id. */
export function referenceFilter<T extends object>(em: EntityManager, entity: EntityName<T>, given: string): Where<T> {
  const hasPublicId = 'publicId' in em.getMetadata().get(entity).properties;
  // No row has the id 0.
  const filter: object = hasPublicId ? { publicId: given } : { id: /^\d{1,9}$/.test(given) ? Number(given) : 0 };
  return filter as Where<T>;
}

/**
 * Returns the filter for the rows after a given row in the order (column, id), with nulls where PostgreSQL sorts them:
 * last in ascending order, first in descending order.
 * @param after the row's public id, or its id if the entity has no public id
 * @throws NotFoundError when there is no such row; ConflictError when several partitions have one
 */
export async function keysetFilter<T extends object>(listing: Listing<T>, after: string): Promise<Where<T>> {
  const { em, entity, column, direction } = listing;
  const descending = direction === 'desc';
  const [row, another] = (await em.find(entity, referenceFilter(em, entity, after), { limit: 2 })) as ({
    id: number;
  } & Record<string, unknown>)[];
  if (another) {
    throw sharedId('row', after);
  }
  if (!row) {
    throw new NotFoundError(`Row "${after}" not found, so the page after it is unknown.`, {
      hint: 'Pass the public id of the last row of the previous page.',
    });
  }
  const [beyond, from] = descending ? ['$lt', '$lte'] : ['$gt', '$gte'];
  const laterId = { id: { [beyond]: row.id } };
  if (column === 'id') {
    return laterId as Where<T>;
  }
  const value = keyOf(orderProperty(listing), row[column]);
  if (value === null || value === undefined) {
    const rest = descending ? [{ [column]: { $ne: null } }] : [];
    return { $or: [{ [column]: null, ...laterId }, ...rest] } as Where<T>;
  }
  // The first condition is implied by the second; it lets PostgreSQL start in the middle of an index.
  const later = { $and: [{ [column]: { [from]: value } }, { $or: [{ [column]: { [beyond]: value } }, laterId] }] };
  const nullsFollow = !descending && orderProperty(listing)?.nullable;
  return (nullsFollow ? { $or: [later, { [column]: null }] } : later) as Where<T>;
}

/** Returns the ORM's description of the property that a listing is ordered by. */
export function orderProperty<T extends object>({ em, entity, column }: Listing<T>) {
  const properties: Record<string, EntityProperty> = em.getMetadata().get(entity).properties;
  return properties[column];
}
