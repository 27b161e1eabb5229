import { type Listing, orderProperty, type Where } from './keyset.ts';
import { query } from './query.ts';
import { expectedRows } from './total.ts';

/** Skipping fewer rows than this costs next to nothing. */
export const DEEP = 10_000;
/** How many rows before a page are searched for the value that it starts with. */
const TIES = 1000;

/** Where to read from: the rows of a listing from a value on, and how many of them to skip. */
export interface Start<T> {
  from: Where<T>[];
  skip: number;
}

/**
 * Finds where the rows from `offset` on start. Skipping a whole row costs the server ten times as much as skipping an index
 * entry, and entries are skipped by one process but counted by several. So entries are counted up to a value from the
 * statistics, then skipped, and whole rows are skipped only among those of one value.
 * @param expected the approximate number of rows; by default the planner's estimate
 */
export async function startOf<T extends object>(
  listing: Listing<T>,
  offset: number,
  expected?: number,
): Promise<Start<T>> {
  if (offset < DEEP || orderProperty(listing)?.nullable) {
    return { from: [], skip: offset };
  }
  const share = offset / (expected ?? (await expectedRows(listing)));
  const marked = await countToMark(listing, offset, Math.min(share, 1));
  return marked.skip < DEEP ? marked : await skipToValue(listing, marked);
}

/** Counts the rows before a histogram bound somewhat before this share; skips nothing if there is none. */
async function countToMark<T extends object>(listing: Listing<T>, offset: number, share: number): Promise<Start<T>> {
  const { em, entity, where, column, direction } = listing;
  const unmarked: Start<T> = { from: [], skip: offset };
  const mark = await histogramBound(listing, share);
  if (mark === undefined) {
    return unmarked;
  }
  const [before, from] = direction === 'asc' ? ['$lt', '$gte'] : ['$gt', '$lte'];
  const counted = await em.count(entity, { $and: [where, { [column]: { [before]: mark } }] } as Where<T>);
  return counted > offset ? unmarked : { from: [{ [column]: { [from]: mark } } as Where<T>], skip: offset - counted };
}

/** Returns the second last bound of the column's histogram before this share of the rows. */
async function histogramBound<T extends object>(listing: Listing<T>, share: number): Promise<string | undefined> {
  const { em, entity, direction } = listing;
  const { tableName } = em.getMetadata().get(entity);
  const rows = await query<{ bound: string }>(
    em,
    `select bounds[case when ? then cardinality(bounds) - steps else 1 + steps end] as bound
       from (select histogram_bounds::text::text[] as bounds from pg_stats
              where schemaname = current_schema() and tablename = ? and attname = ?) histogram,
            lateral (select floor(? * (cardinality(bounds) - 1))::int - 1 as steps)
      where steps > 0`,
    [direction === 'desc', tableName, orderProperty(listing)?.fieldNames?.[0], share],
  );
  return rows[0]?.bound;
}

/** Skips index entries of the order column up to the value that the rows start with. */
async function skipToValue<T extends object>(
  { em, entity, where, column, direction }: Listing<T>,
  marked: Start<T>,
): Promise<Start<T>> {
  const { sql, params } = em
    .createQueryBuilder(entity)
    .select(column as never)
    .where({ $and: [where, ...marked.from] } as never)
    .orderBy({ [column]: direction } as never)
    .limit(TIES)
    .offset(marked.skip - TIES + 1)
    .toQuery();
  const values = (await query<Record<string, unknown>>(em, sql, params)).flatMap((row) => Object.values(row));
  const first = values[TIES - 1];
  const skip = TIES - 1 - values.indexOf(first);
  // Too few rows, or so many of the same value that it starts before the rows searched.
  if (first === undefined || skip === TIES - 1) {
    return marked;
  }
  return { from: [{ [column]: { [direction === 'asc' ? '$gte' : '$lte']: first } } as Where<T>], skip };
}
