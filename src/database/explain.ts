/** Before a statement: what the planner expects of it, as one row. */
export const EXPLAIN = 'explain (format json)';

/** The row. */
export interface Plan {
  'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }];
}

/** How many rows the planner expects. */
export function plannedRows([plan]: readonly Plan[]): number {
  return plan?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}
