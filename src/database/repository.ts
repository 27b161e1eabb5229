import type { EntityName, RequiredEntityData } from '@mikro-orm/core';
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

/** The order of a list; the id breaks ties, so that no page repeats or skips a row. */
export type Order<T> = { [K in keyof T & string]?: 'asc' | 'desc' };

/** Which page of which rows, in which order. */
export interface PageRequest<T> {
  /** From 1; 1 where left out. Negative numbers count from the end: -1 is the last `pageSize` rows, at any size as soon. */
  page?: number;
  /** 1 to 1000; 50 where left out. */
  pageSize?: number;
  /** The public id (or id) of the last row already seen: the page that follows it, at the same cost at any depth. */
  after?: string;
  where?: Where<T>;
  /** One property and its direction; `id` ascending where left out. */
  orderBy?: Order<T>;
  /**
   * `exact` counts the rows also where there are more than a million; with `none` the total is but what has been seen, and
   * marked as estimated; `quick` where left out.
   */
  total?: Counting;
}

/**
 * One page of an entity's rows, in a stable order.
 * @throws InvalidInputError for a page or page size out of range; NotFoundError when `after` names no row
 */
export async function paginate<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  request: PageRequest<T> = {},
): Promise<PaginatedResponse<T>> {
  const { page = 1, pageSize = 50, after, orderBy = {}, total: counting = 'quick' } = request;
  checkRange('page', Math.abs(page), Number.MAX_SAFE_INTEGER);
  checkRange('page size', pageSize, MAX_PAGE_SIZE);
  const [column = 'id', direction = 'asc'] = Object.entries<'asc' | 'desc'>(orderBy)[0] ?? [];
  const listing: Listing<T> = { entity, where: (request.where ?? {}) as Where<T>, column, direction };
  const { items, total } =
    after !== undefined
      ? await pageAfter(em, listing, after, pageSize, counting)
      : page < 0
        ? await pageFromEnd(em, listing, -page, pageSize, counting)
        : await numberedPage(em, listing, (page - 1) * pageSize, pageSize, counting);
  const pages = Math.max(1, Math.ceil(total.rows / pageSize));
  return {
    items,
    total: total.rows,
    ...(total.estimated ? { estimated: true } : {}),
    page,
    page_size: pageSize,
    pages,
  };
}

/**
 * The entity with this public id (or id, where it has no public id).
 * @param name what to call it in the message, such as "Experiment"
 * @throws NotFoundError
 */
export async function getOr404<T extends object>(
  em: EntityManager,
  entity: EntityName<T>,
  publicId: string,
  name: string,
): Promise<T> {
  const found = await em.findOne(entity, referenceFilter(em, entity, publicId));
  if (!found) {
    throw new NotFoundError(`${name} "${publicId}" not found.`);
  }
  return found as T;
}

/**
 * Deletes the entity with this public id (or id, where it has no public id), and what the foreign keys say goes with it.
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
 * Makes a new row.
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
