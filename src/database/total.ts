import type { Listing } from './keyset.ts';
import { query } from './query.ts';

/** From here on rows are counted only on request: it takes the server longer than everything else for a page. */
export const EXACT_BELOW = 1_000_000;

/** The number of rows, exact or estimated. */
export interface Total {
  rows: number;
  estimated: boolean;
}

/**
 * Counts the rows that match a filter. If the planner expects a million or more, returns its estimate, which is as good as
 * the table's statistics.
 */
export async function totalOf<T extends object>(
  listing: Listing<T>,
  exact = listing.counting === 'exact',
): Promise<Total> {
  const estimate = exact ? 0 : await expectedRows(listing);
  return estimate >= EXACT_BELOW
    ? { rows: estimate, estimated: true }
    : { rows: await listing.em.count(listing.entity, listing.where), estimated: false };
}

/** Returns the planner's estimate. */
export async function expectedRows<T extends object>({ em, entity, where }: Listing<T>): Promise<number> {
  const { sql, params } = em
    .createQueryBuilder(entity)
    .select('id' as never)
    .where(where as never)
    .toQuery();
  return plannedRows(await query<Plan>(em, `${EXPLAIN} ${sql}`, params));
}

/** Prefix of a statement, whose plan is then returned as one row. */
export const EXPLAIN = 'explain (format json)';

/** That row. */
export interface Plan {
  'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }];
}

/** Returns the number of rows that the planner expects. */
export function plannedRows([plan]: readonly Plan[]): number {
  return plan?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}
