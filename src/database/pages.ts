import type { EntityManager } from '@mikro-orm/postgresql';
import { keysetFilter, type Listing, type Where } from './keyset.ts';
import { DEEP, startOf } from './seek.ts';
import { type Total, totalOf } from './total.ts';

/** How to get the total: `exact` always counts, `quick` estimates from a million rows on, `none` does neither. */
export type Counting = 'exact' | 'quick' | 'none';

/** Beyond this share of the rows, counting all and reading from the end is faster than counting up to the page. */
const NEAR_END = 0.9;

const UNKNOWN: Total = { rows: 0, estimated: true };

/** The rows of a page, and the total. */
export interface Page<T> {
  items: T[];
  total: Total;
}

/** Reads the rows after a given row, at the same cost at any depth. */
export async function pageAfter<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  after: string,
  limit: number,
  total: Counting,
): Promise<Page<T>> {
  const { entity, column, direction } = listing;
  const beyond = await keysetFilter(em, entity, after, column, direction === 'desc');
  // Not concurrently: a second connection would cost more than it saves.
  const items = await find(em, listing, [beyond], 0, limit);
  return { items, total: await totalForPage(em, listing, items, total) };
}

/** Reads a page counted from the end, where 1 is the last rows; it needs no total. */
export async function pageFromEnd<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  number: number,
  limit: number,
  total: Counting,
): Promise<Page<T>> {
  const items = (await rowsAt(em, reversed(listing), (number - 1) * limit, limit)).reverse();
  return { items, total: await totalForPage(em, listing, items, total) };
}

/** Reads the rows from `offset` on, starting at the nearer end if the total is known. */
export async function numberedPage<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  offset: number,
  limit: number,
  total: Counting,
): Promise<Page<T>> {
  const { entity, where } = listing;
  if (offset < DEEP) {
    const items = await find(em, listing, [], offset, limit);
    const isLast = items.length < limit && (items.length > 0 || offset === 0);
    const seen = items.length > 0 ? offset + items.length : 0;
    const known = isLast ? { rows: seen, estimated: false } : total === 'none' ? UNKNOWN : undefined;
    return { items, total: atLeast(known ?? (await totalOf(em, entity, where, total === 'exact')), seen) };
  }
  const expected = await totalOf(em, entity, where, total === 'exact');
  if (offset > (expected.estimated ? NEAR_END : 0.5) * expected.rows) {
    const all = expected.estimated ? await totalOf(em, entity, where, true) : expected;
    return { items: await rowsFromEnd(em, listing, all.rows, offset, limit), total: all };
  }
  const items = await rowsAt(em, listing, offset, limit, expected.rows);
  if (items.length < limit && expected.estimated) {
    return { items, total: await totalOf(em, entity, where, true) };
  }
  return { items, total: atLeast(expected, offset + items.length) };
}

/** Returns the total for a page whose position is not known. */
async function totalForPage<T extends object>(
  em: EntityManager,
  { entity, where }: Listing<T>,
  items: T[],
  total: Counting,
): Promise<Total> {
  return total === 'none' ? atLeast(UNKNOWN, items.length) : await totalOf(em, entity, where, total === 'exact');
}

/** Raises an estimate to the number of rows seen. */
function atLeast({ rows, estimated }: Total, seen: number): Total {
  return { rows: estimated ? Math.max(rows, seen) : rows, estimated };
}

/** Reads the rows from `offset` on, of about `expected` rows if that is known. */
async function rowsAt<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  offset: number,
  limit: number,
  expected?: number,
): Promise<T[]> {
  const { from, skip } = await startOf(em, listing, offset, expected);
  return await find(em, listing, from, skip, limit);
}

/** Reads the rows from `offset` on, starting at the end. */
async function rowsFromEnd<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  total: number,
  offset: number,
  limit: number,
): Promise<T[]> {
  const count = Math.min(limit, total - offset);
  if (count <= 0) {
    return [];
  }
  return (await rowsAt(em, reversed(listing), total - offset - count, count, total)).reverse();
}

function reversed<T extends object>(listing: Listing<T>): Listing<T> {
  return { ...listing, direction: listing.direction === 'asc' ? 'desc' : 'asc' };
}

/** Reads rows in the listing's order, with `id` as tie-breaker. */
async function find<T extends object>(
  em: EntityManager,
  { entity, where, column, direction, populate = [] }: Listing<T>,
  more: Where<T>[],
  offset: number,
  limit: number,
): Promise<T[]> {
  // The ORM's types cannot follow an entity that is a type parameter.
  const orderBy = { ...(column === 'id' ? {} : { [column]: direction }), id: direction } as never;
  const options = { orderBy, limit, offset, populate: populate as never[] };
  return (await em.find(entity, { $and: [where, ...more] } as Where<T>, options)) as T[];
}
