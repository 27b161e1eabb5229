import { keysetFilter, type Listing, type Where } from './keyset.ts';
import { DEEP, startOf } from './seek.ts';
import { type Total, totalOf } from './total.ts';

/** Beyond this share of the rows, counting all and reading from the end is faster than counting up to the page. */
const NEAR_END = 0.9;

const UNKNOWN: Total = { rows: 0, estimated: true };

/** The rows of a page, and the total. */
export interface Page<T> {
  items: T[];
  total: Total;
}

/** Reads the rows after a given row, at the same cost at any depth. */
export async function pageAfter<T extends object>(listing: Listing<T>, after: string): Promise<Page<T>> {
  const beyond = await keysetFilter(listing, after);
  // Not concurrently: a second connection would cost more than it saves.
  const items = await find(listing, [beyond], 0);
  return { items, total: await totalForPage(listing, items) };
}

/** Reads a page counted from the end, where 1 is the last rows; it needs no total. */
export async function pageFromEnd<T extends object>(listing: Listing<T>, number: number): Promise<Page<T>> {
  const items = (await rowsAt(reversed(listing), (number - 1) * listing.limit)).reverse();
  return { items, total: await totalForPage(listing, items) };
}

/** Reads the rows from `offset` on, starting at the nearer end if the total is known. */
export async function numberedPage<T extends object>(listing: Listing<T>, offset: number): Promise<Page<T>> {
  const { limit, counting } = listing;
  if (offset < DEEP) {
    const items = await find(listing, [], offset);
    const isLast = items.length < limit && (items.length > 0 || offset === 0);
    const seen = items.length > 0 ? offset + items.length : 0;
    const known = isLast ? { rows: seen, estimated: false } : counting === 'none' ? UNKNOWN : undefined;
    return { items, total: atLeast(known ?? (await totalOf(listing)), seen) };
  }
  const expected = await totalOf(listing);
  if (offset > (expected.estimated ? NEAR_END : 0.5) * expected.rows) {
    const all = expected.estimated ? await totalOf(listing, true) : expected;
    return { items: await rowsFromEnd(listing, all.rows, offset), total: all };
  }
  const items = await rowsAt(listing, offset, expected.rows);
  if (items.length < limit && expected.estimated) {
    return { items, total: await totalOf(listing, true) };
  }
  return { items, total: atLeast(expected, offset + items.length) };
}

/** Returns the total for a page whose position is not known. */
async function totalForPage<T extends object>(listing: Listing<T>, items: T[]): Promise<Total> {
  return listing.counting === 'none' ? atLeast(UNKNOWN, items.length) : await totalOf(listing);
}

/** Raises an estimate to the number of rows seen. */
function atLeast({ rows, estimated }: Total, seen: number): Total {
  return { rows: estimated ? Math.max(rows, seen) : rows, estimated };
}

/** Reads the rows from `offset` on, of about `expected` rows if that is known. */
async function rowsAt<T extends object>(listing: Listing<T>, offset: number, expected?: number): Promise<T[]> {
  const { from, skip } = await startOf(listing, offset, expected);
  return await find(listing, from, skip);
}

/** Reads the rows from `offset` on, starting at the end. */
async function rowsFromEnd<T extends object>(listing: Listing<T>, total: number, offset: number): Promise<T[]> {
  const count = Math.min(listing.limit, total - offset);
  if (count <= 0) {
    return [];
  }
  return (await rowsAt({ ...reversed(listing), limit: count }, total - offset - count, total)).reverse();
}

function reversed<T extends object>(listing: Listing<T>): Listing<T> {
  return { ...listing, direction: listing.direction === 'asc' ? 'desc' : 'asc' };
}

/** Reads rows in the listing's order, with `id` as tie-breaker. */
async function find<T extends object>(listing: Listing<T>, more: Where<T>[], offset: number): Promise<T[]> {
  const { em, entity, where, populate = [], limit } = listing;
  const options = { orderBy: orderOf(listing), limit, offset, populate: populate as never[] };
  return (await em.find(entity, { $and: [where, ...more] } as Where<T>, options)) as T[];
}

/** Returns the order of a listing for the ORM, whose types cannot follow an entity that is a type parameter. */
export function orderOf<T extends object>({ column, direction }: Listing<T>): never {
  return { ...(column === 'id' ? {} : { [column]: direction }), id: direction } as never;
}
