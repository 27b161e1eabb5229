import type { AutoPath, EntityName, Loaded } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { InvalidInputError } from '../errors.ts';
import type { Counting, Listing, Where } from './keyset.ts';
import { numberedPage, pageAfter, pageFromEnd } from './pages.ts';

/** The largest page size. */
export const MAX_PAGE_SIZE = 1000;

/** One page of a list. `page` counts from 1; `pages` is at least 1; with `after`, neither applies. */
export interface PaginatedResponse<T> {
  items: T[];
  total: number;
  /** Set if `total`, and so `pages`, is the planner's estimate or only the rows seen: see the request's `total`. */
  estimated?: true;
  page: number;
  page_size: number;
  pages: number;
}

/** The properties that a list can be ordered by: plain values in its own table. */
type SortKey<T> = {
  [K in keyof T & string]-?: NonNullable<T[K]> extends string | number | boolean ? K : never;
}[keyof T & string];

/** The order of a list: one property and its direction. The id breaks ties, so that no page repeats or skips a row. */
export type Order<T> = {
  [K in SortKey<T>]: { [P in K]: 'asc' | 'desc' } & { [P in Exclude<SortKey<T>, K>]?: never };
}[SortKey<T>];

/** Which page of which rows, in which order. */
export interface PageRequest<T, Hint extends string = never> {
  /** From 1, the default. Negative numbers count from the end: -1 is the last `pageSize` rows, as fast at any size. */
  page?: number;
  /** 1 to 1000; 50 by default. */
  pageSize?: number;
  /** The public id (or id) of the last row seen, to get the page after it at the same cost at any depth. */
  after?: string | undefined;
  /** A filter, which may reach across relations: `{ event: { name: 'Air flow' } }`. All rows by default. */
  where?: Where<T>;
  /** One property and its direction; `id` ascending by default. */
  orderBy?: Order<T>;
  /** The relations to load with the rows, such as `['event', 'event.user']`; their keys are always there. */
  populate?: readonly AutoPath<T, Hint>[];
  /**
   * `exact` always counts the rows; `quick`, the default, estimates them from a million on; with `none` the total is only the
   * rows seen, and is marked as estimated.
   */
  total?: Counting;
}

/**
 * Returns one page of an entity's rows, in a stable order. The rows are not managed by `em`, whose identity map would grow
 * with every page; to change one, load it with `getOr404`.
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
 * All rows, page by page; each page costs the same, at any depth.
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
 * when the row `after` does not exist
 */
export async function paginate<T extends object, Hint extends string = never>(
  em: EntityManager,
  entity: EntityName<T>,
  request: PageRequest<T, Hint> = {},
): Promise<PaginatedResponse<Loaded<T, Hint>>> {
  const { page = 1, pageSize = 50, after } = request;
  checkRange('page', Math.abs(page), Number.MAX_SAFE_INTEGER);
  checkRange('page size', pageSize, MAX_PAGE_SIZE);
  const listing = listingOf(em, entity, { ...request, pageSize });
  const { items, total } =
    after !== undefined
      ? await pageAfter(listing, after)
      : page < 0
        ? await pageFromEnd(listing, -page)
        : await numberedPage(listing, (page - 1) * pageSize);
  return {
    // The requested relations have been loaded with them.
    items: items as Loaded<T, Hint>[],
    total: total.rows,
    ...(total.estimated ? { estimated: true } : {}),
    page,
    page_size: pageSize,
    pages: Math.max(1, Math.ceil(total.rows / pageSize)),
  };
}

/** @throws InvalidInputError for more than one property to order by */
export function listingOf<T extends object, Hint extends string = never>(
  em: EntityManager,
  entity: EntityName<T>,
  { pageSize = 0, where = {} as Where<T>, orderBy, populate, total: counting = 'quick' }: PageRequest<T, Hint>,
): Listing<T> {
  const [order, another] = Object.entries<'asc' | 'desc'>(orderBy ?? {});
  if (another) {
    throw new InvalidInputError(`A list can be ordered by one property only, not also by "${another[0]}".`);
  }
  const [column, direction] = order ?? ['id', 'asc'];
  return {
    em: em.fork({ keepTransactionContext: true }),
    entity,
    where,
    column,
    direction,
    // Checked at the call; nothing is known here about an entity that is a type parameter.
    populate: populate as readonly string[] | undefined,
    limit: pageSize,
    counting,
  };
}

function checkRange(what: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new InvalidInputError(
      `The ${what} must be a whole number from 1${max === MAX_PAGE_SIZE ? ` to ${max}` : ''}, not ${value}.`,
    );
  }
}
