import type { EntityData, EntityName, RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { ConflictError, NotFoundError } from '../errors.ts';
import { databaseFailure } from './failure.ts';
import { referenceFilter, type Where } from './keyset.ts';
import { sharedId } from './reference.ts';

/** The result of a change that returns no row. */
export interface StatusResponse {
  status: 'success';
  message: string;
}

/**
 * Returns the entity with this public id (or id, if it has no public id), managed by `em`.
 *
 * @example
 * ```ts
 * const { em } = database;
 * const { publicId } = await em.findOneOrFail(Event, { name: 'Air flow' });
 * const event = await getOr404(em, Event, publicId, 'Event');
 * event.unit = 'l/s';
 * await em.flush();
 * console.log(await database.em.count(Event, { unit: 'l/s' }));
 * // 1
 * ```
 * @example
 * ```ts
 * await getOr404(database.em, Event, 'nothing', 'Event').catch((error: NotFoundError) => console.log(error.message));
 * // Event "nothing" not found.
 * ```
 * @param name the entity in messages, such as "Experiment"
 * @throws NotFoundError; ConflictError if several partitions have a row with this public id
 */
export async function getOr404<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  publicId: string,
  name: string,
): Promise<T> {
  // findOne by the key would use the identity map, which keeps deleted rows.
  const [found, another] = await em.find(entity, referenceFilter(em, entity, publicId), { limit: 2 });
  if (!found) {
    throw new NotFoundError(`${name} "${publicId}" not found.`);
  }
  if (another) {
    throw sharedId(name.toLowerCase(), publicId);
  }
  return found as T;
}

/**
 * Deletes the entity with this public id (or id, if it has no public id), and the rows that its foreign keys cascade to.
 *
 * @example
 * ```ts
 * const { publicId } = await database.em.findOneOrFail(Event, { name: 'Air flow' });
 * const { message } = await deleteByPublicId(database.em, Event, publicId, 'Event');
 * console.log(message, await database.em.count(Datapoint));
 * // Event "…" deleted. 0
 * ```
 * @param name the entity in messages, such as "Experiment"
 * @throws NotFoundError; ConflictError if several partitions have a row with this public id: then none is deleted
 */
export async function deleteByPublicId<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  publicId: string,
  name: string,
): Promise<StatusResponse> {
  await em.fork({ keepTransactionContext: true }).transactional(async (inner) => {
    const deleted = await inner.nativeDelete(entity, referenceFilter(inner, entity, publicId));
    if (deleted === 0) {
      throw new NotFoundError(`${name} "${publicId}" not found.`);
    }
    if (deleted > 1) {
      throw sharedId(name.toLowerCase(), publicId);
    }
  });
  return { status: 'success', message: `${name} "${publicId}" deleted.` };
}

/**
 * Inserts a row. A relation is given by its key, or as an entity. The row is not managed by `em`: the next flush must not
 * retry a rejected one.
 *
 * @example
 * ```ts
 * const user = await database.em.findOneOrFail(User, { username: 'ada' });
 * const pump = { name: 'Pump', unit: 'rpm', minValue: 0, maxValue: 3000, eventType: 'actuator', user } as const;
 * const event = await insert(database.em, Event, pump);
 * console.log(event.publicId, event.user.publicId === user.publicId);
 * // … true
 * await insert(database.em, Event, pump).catch((error: ConflictError) => console.log(error.conflict));
 * // { entity: 'events', column: 'name', value: 'Pump' }
 * ```
 * @throws ConflictError naming the entity, the column and the value that are taken
 */
export async function insert<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  values: RequiredEntityData<NoInfer<T>>,
): Promise<T> {
  // A fork: a rejected row must not stay in the caller's unit of work.
  const own = em.fork({ keepTransactionContext: true });
  // The ORM's types cannot follow an entity that is a type parameter.
  const item = own.create(entity, values as never);
  try {
    await own.flush();
  } catch (error) {
    throw databaseFailure(error, 'the database');
  }
  return item as T;
}

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

/**
 * Inserts a row, or finds the one with the same natural key if `tolerant`.
 * @returns the row, and whether it was inserted
 */
export async function insertOnce<T extends object>(
  em: EntityManager,
  { entity, key }: { entity: EntityName<T>; key?: keyof T & string },
  value: string,
  tolerant: boolean,
  make: () => Promise<T>,
): Promise<{ item: T; created: boolean }> {
  const existing = async () => (key && tolerant ? await em.findOne(entity, { [key]: value } as Where<T>) : null);
  const before = await existing();
  if (before) {
    return { item: before as T, created: false };
  }
  try {
    return { item: await make(), created: true };
  } catch (error) {
    // Another session has inserted it in the meantime.
    const after = error instanceof ConflictError ? await existing() : null;
    if (!after) {
      throw error;
    }
    return { item: after as T, created: false };
  }
}
