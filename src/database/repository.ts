import type { AutoPath, EntityName, Loaded, RequiredEntityData } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { ConflictError, InvalidInputError, NotFoundError } from '../errors.ts';
import { databaseFailure } from './failure.ts';
import { type Listing, referenceFilter, type Where } from './keyset.ts';
import { type Counting, numberedPage, pageAfter, pageFromEnd } from './pages.ts';

/** The largest page that `paginate` gives. */
export const MAX_PAGE_SIZE = 1000;

/** One page of a list. `page` counts from 1; `pages` is at least 1; under `after`, `page` and `pages` do not apply. */
export interface PaginatedResponse<T> {
  items: T[];
  total: number;
  /** Whether `total`, and with it `pages`, is the planner's estimate, or only what has been seen: see the request. */
  estimated?: true;
  page: number;
  page_size: number;
  pages: number;
}

/** What came of a change that returns no row. */
export interface StatusResponse {
  status: 'success';
  message: string;
}

/** What a list can be ordered by: the columns of its own table that hold a plain value. */
type SortKey<T> = {
  [K in keyof T & string]-?: NonNullable<T[K]> extends string | number | boolean ? K : never;
}[keyof T & string];

/** The order of a list: one property and its direction. The id breaks ties, so that no page repeats or skips a row. */
export type Order<T> = {
  [K in SortKey<T>]: { [P in K]: 'asc' | 'desc' } & { [P in Exclude<SortKey<T>, K>]?: never };
}[SortKey<T>];

/** Which page of which rows, in which order. */
export interface PageRequest<T, Hint extends string = never> {
  /** From 1; 1 where left out. Negative numbers count from the end: -1 is the last `pageSize` rows, at any size as soon. */
  page?: number;
  /** 1 to 1000; 50 where left out. */
  pageSize?: number;
  /** The public id (or id) of the last row already seen: the page that follows it, at the same cost at any depth. */
  after?: string | undefined;
  /** A filter, which may reach across relations: `{ event: { name: 'Air flow' } }`. All rows where left out. */
  where?: Where<T>;
  /** One property and its direction; `id` ascending where left out. */
  orderBy?: Order<T>;
  /** The relations that are read with the rows, such as `['event', 'event.user']`; the keys are there without. */
  populate?: readonly AutoPath<T, Hint>[];
  /**
   * `exact` counts the rows also where there are more than a million; with `none` the total is but what has been seen, and
   * marked as estimated; `quick` where left out.
   */
  total?: Counting;
}

/**
 * One page of an entity's rows, in a stable order. The rows are not managed by `em`, so that its memory does not grow with
 * every page: to change one, get it with `getOr404`.
 *
 * @example
 * ```ts
 * const { items, total } = await paginate(database.em, Datapoint, {
 *   where: { event: { name: 'Air flow' }, value: { $gte: 1 } },
 *   orderBy: { timestamp: 'desc' },
 *   pageSize: 2,
 *   populate: ['event'],
 * });
 * for (const { timestamp, value, event } of items) {
 *   console.log(timestamp, value, event.$.unit);
 * }
 * // 2026-01-01T00:00:04+00:00 4 l/min
 * // 2026-01-01T00:00:03+00:00 3 l/min
 * console.log(total);
 * // 4
 * ```
 * @example
 * All rows, a page at a time; each costs the same, however many lie before it.
 * ```ts
 * let after: string | undefined;
 * let sum = 0;
 * do {
 *   const { items } = await paginate(database.em, Datapoint, { pageSize: 1000, total: 'none', after });
 *   sum += items.reduce((subtotal, { value }) => subtotal + value, 0);
 *   after = items.at(-1)?.publicId;
 * } while (after);
 * console.log(sum);
 * // 10
 * ```
 * @throws InvalidInputError for a page or page size out of range, or more than one property to order by; NotFoundError
 * when `after` names no row
 */
export async function paginate<T extends object, Hint extends string = never>(
  em: EntityManager,
  entity: EntityName<T>,
  request: PageRequest<T, Hint> = {},
): Promise<PaginatedResponse<Loaded<T, Hint>>> {
  const { page = 1, pageSize = 50, after, orderBy = {}, populate, total: counting = 'quick' } = request;
  checkRange('page', Math.abs(page), Number.MAX_SAFE_INTEGER);
  checkRange('page size', pageSize, MAX_PAGE_SIZE);
  const [order, another] = Object.entries<'asc' | 'desc'>(orderBy);
  if (another) {
    throw new InvalidInputError(`A list is ordered by one property, not also by "${another[0]}".`);
  }
  const [column, direction] = order ?? ['id', 'asc'];
  const listing: Listing<T> = {
    entity,
    where: (request.where ?? {}) as Where<T>,
    column,
    direction,
    // Checked where it was written; of an entity that is a type parameter nothing is known here.
    populate: populate as readonly string[] | undefined,
  };
  const own = em.fork({ keepTransactionContext: true });
  const { items, total } =
    after !== undefined
      ? await pageAfter(own, listing, after, pageSize, counting)
      : page < 0
        ? await pageFromEnd(own, listing, -page, pageSize, counting)
        : await numberedPage(own, listing, (page - 1) * pageSize, pageSize, counting);
  const pages = Math.max(1, Math.ceil(total.rows / pageSize));
  return {
    // What was asked for has been read with them.
    items: items as Loaded<T, Hint>[],
    total: total.rows,
    ...(total.estimated ? { estimated: true } : {}),
    page,
    page_size: pageSize,
    pages,
  };
}

/**
 * The entity with this public id (or id, where it has no public id), managed by `em`.
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
 * @param name what to call it in the message, such as "Experiment"
 * @throws NotFoundError
 */
export async function getOr404<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  publicId: string,
  name: string,
): Promise<T> {
  // findOne by the key would ask the entity manager's memory, which has rows that are gone.
  const [found] = await em.find(entity, referenceFilter(em, entity, publicId), { limit: 1 });
  if (!found) {
    throw new NotFoundError(`${name} "${publicId}" not found.`);
  }
  return found as T;
}

/**
 * Deletes the entity with this public id (or id, where it has no public id), and what the foreign keys say goes with it.
 *
 * @example
 * ```ts
 * const { publicId } = await database.em.findOneOrFail(Event, { name: 'Air flow' });
 * const { message } = await deleteByPublicId(database.em, Event, publicId, 'Event');
 * console.log(message, await database.em.count(Datapoint));
 * // Event "…" deleted. 0
 * ```
 * @param name what to call it in the message, such as "Experiment"
 * @throws NotFoundError
 */
export async function deleteByPublicId<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  publicId: string,
  name: string,
): Promise<StatusResponse> {
  const deleted = await em.nativeDelete(entity, referenceFilter(em, entity, publicId));
  if (deleted === 0) {
    throw new NotFoundError(`${name} "${publicId}" not found.`);
  }
  return { status: 'success', message: `${name} "${publicId}" deleted.` };
}

function checkRange(what: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new InvalidInputError(
      `The ${what} must be a whole number from 1${max === MAX_PAGE_SIZE ? ` to ${max}` : ''}, not ${value}.`,
    );
  }
}

/**
 * Makes a new row. A relation is given by its key, or as an entity. The row is not managed by `em`: a refused one must not
 * be tried again with the next flush.
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
  // A fork: a refused row must not stay behind in the caller's unit of work.
  const own = em.fork({ keepTransactionContext: true });
  // Its own types cannot follow an entity that is a type parameter.
  const item = own.create(entity, values as never);
  try {
    await own.flush();
  } catch (error) {
    throw databaseFailure(error, 'the database');
  }
  return item as T;
}

/**
 * Makes a new row, or finds the one of the same natural key where `tolerant`.
 * @returns the row, and whether it was made now
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
    // Somebody else made it in between.
    const after = error instanceof ConflictError ? await existing() : null;
    if (!after) {
      throw error;
    }
    return { item: after as T, created: false };
  }
}
