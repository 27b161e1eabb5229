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
