import type { EntityName } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { keysetFilter, type Where } from './keyset.ts';
import { query } from './query.ts';
import { type Total, totalOf } from './total.ts';

/** Rows that are skipped up to here cost nothing worth saving. */
const DEEP = 10_000;
/** So many rows in front of a page are looked at for the value that it begins with. */
const TIES = 1000;

/** Rows in the order of a column, which the id makes whole. */
export interface Listing<T extends object> {
  entity: EntityName<T>;
  where: Where<T>;
  column: string;
  direction: 'asc' | 'desc';
}

/** How much the total is worth: a count at any size, an estimate above a million rows, or nothing. */
export type Counting = 'exact' | 'quick' | 'none';

const UNKNOWN: Total = { rows: 0, estimated: true };

/** What a page shows, and of how many rows. */
export interface Page<T> {
  items: T[];
  total: Total;
}

/** The rows that follow one row, at the same cost at any depth. */
export async function pageAfter<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  after: string,
  limit: number,
  total: Counting,
): Promise<Page<T>> {
  const { entity, column, direction } = listing;
  const beyond = await keysetFilter(em, entity, after, column, direction === 'desc');
  // One after the other: two at once would open a second connection, which costs more than it saves.
  const items = await find(em, listing, [beyond], 0, limit);
  return { items, total: await totalBeside(em, listing, items, total) };
}

/** A page counted from the end, 1 being the last rows: for it nothing else has to be counted. */
export async function pageFromEnd<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  number: number,
  limit: number,
  total: Counting,
): Promise<Page<T>> {
  const items = (await rowsAt(em, reversed(listing), (number - 1) * limit, limit)).reverse();
  return { items, total: await totalBeside(em, listing, items, total) };
}

/** The rows from `offset` on, read from whichever end is nearer; many rows are counted only where the end is needed. */
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
  if (offset > expected.rows / 2) {
    const all = expected.estimated ? await totalOf(em, entity, where, true) : expected;
    return { items: await rowsFromEnd(em, listing, all.rows, offset, limit), total: all };
  }
  const items = await rowsAt(em, listing, offset, limit);
  if (items.length < limit && expected.estimated) {
    return { items, total: await totalOf(em, entity, where, true) };
  }
  return { items, total: atLeast(expected, offset + items.length) };
}

/** The total for a page of which it is not known where in the whole it is. */
async function totalBeside<T extends object>(
  em: EntityManager,
  { entity, where }: Listing<T>,
  items: T[],
  total: Counting,
): Promise<Total> {
  return total === 'none' ? atLeast(UNKNOWN, items.length) : await totalOf(em, entity, where, total === 'exact');
}

/** An estimate must not contradict what has been seen. */
function atLeast({ rows, estimated }: Total, seen: number): Total {
  return { rows: estimated ? Math.max(rows, seen) : rows, estimated };
}

/**
 * The rows from `offset` on. To skip a row whole costs the server ten times what it costs to skip an entry of an index:
 * far down it is first asked for the order column alone, and then for the rows from there on.
 */
async function rowsAt<T extends object>(
  em: EntityManager,
  listing: Listing<T>,
  offset: number,
  limit: number,
): Promise<T[]> {
  const start = offset < DEEP ? undefined : await startOf(em, listing, offset);
  return start ? await find(em, listing, [start.from], start.skip, limit) : await find(em, listing, [], offset, limit);
}

/** As `rowsAt`, counted from the other end. */
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
  return (await rowsAt(em, reversed(listing), total - offset - count, count)).reverse();
}

function reversed<T extends object>(listing: Listing<T>): Listing<T> {
  return { ...listing, direction: listing.direction === 'asc' ? 'desc' : 'asc' };
}

/** Rows in the listing's order; `id` breaks ties. */
async function find<T extends object>(
  em: EntityManager,
  { entity, where, column, direction }: Listing<T>,
  more: Where<T>[],
  offset: number,
  limit: number,
): Promise<T[]> {
  // The ORM's types cannot follow an entity that is a type parameter.
  const orderBy = { ...(column === 'id' ? {} : { [column]: direction }), id: direction } as never;
  return (await em.find(entity, { $and: [where, ...more] } as Where<T>, { orderBy, limit, offset })) as T[];
}

/** Where a page begins: the rows from a value on, less those of the same value before it; `undefined` if it is unclear. */
async function startOf<T extends object>(
  em: EntityManager,
  { entity, where, column, direction }: Listing<T>,
  offset: number,
): Promise<{ from: Where<T>; skip: number } | undefined> {
  const property = (em.getMetadata().get(entity).properties as Record<string, { nullable?: boolean }>)[column];
  if (property?.nullable) {
    return undefined;
  }
  const { sql, params } = em
    .createQueryBuilder(entity)
    .select(column as never)
    .where(where as never)
    .orderBy({ [column]: direction } as never)
    .limit(TIES)
    .offset(offset - TIES + 1)
    .toQuery();
  const values = (await query<Record<string, unknown>>(em, sql, params)).flatMap((row) => Object.values(row));
  const first = values[TIES - 1];
  const skip = TIES - 1 - values.indexOf(first);
  // Fewer rows than that, or so many of the same value that it began before what was looked at.
  if (first === undefined || skip === TIES - 1) {
    return undefined;
  }
  return { from: { [column]: { [direction === 'asc' ? '$gte' : '$lte']: first } } as Where<T>, skip };
}
