import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../database/query.ts';
import { jsonNumber, type Sql } from './datapoints.ts';
import { isRange, type RuleRow } from './rules.ts';

/** The properties of a rule that decide whether it triggers. */
export type Condition = Pick<RuleRow, 'operator' | 'threshold' | 'thresholdHigh' | 'cooldownSeconds'> & {
  event: { publicId: string };
};

/** The WebMACS server treats values as equal if they differ by less. */
const EQUAL_WITHIN = 1e-9;

/** NaN triggers nothing: PostgreSQL sorts it above every number, so it is excluded explicitly. */
const CONDITIONS: Record<RuleRow['operator'], string> = {
  gt: `d.value > ?::float8 and d.value <> 'NaN'`,
  lt: `d.value < ?::float8`,
  gte: `d.value >= ?::float8 and d.value <> 'NaN'`,
  lte: `d.value <= ?::float8`,
  eq: `abs(d.value - ?::float8) < ${EQUAL_WITHIN}`,
  between: `d.value between ?::float8 and ?::float8`,
  not_between: `(d.value < ?::float8 or d.value > ?::float8) and d.value <> 'NaN'`,
};

/**
 * Tests whether a value meets the condition of a rule, ignoring its cooldown and whether it is enabled.
 * @param text the value as PostgreSQL reads a double, including NaN and the infinities
 */
export async function tryRule(
  em: EntityManager,
  rule: Condition,
  text: string,
): Promise<{ value: number | string; meets: boolean }> {
  const { sql, parameters } = conditionSql(rule);
  const [row] = await query<{ value: number; meets: boolean | null }>(
    em,
    `select d.value, ${sql} as meets from (select ?::float8 as value) d`,
    [...parameters, text],
  );
  return { value: jsonNumber(row?.value ?? Number.NaN), meets: row?.meets === true };
}

/** Returns the condition on a datapoint `d`. */
export function conditionSql({ operator, threshold, thresholdHigh }: Condition): Sql {
  return {
    sql: CONDITIONS[operator],
    parameters: [String(threshold), ...(isRange(operator) ? [thresholdHigh ?? null] : [])],
  };
}

/** Returns the condition that a datapoint `d` meets the one of a rule `r`; null for NaN. */
export function anyConditionSql(): string {
  const cases = Object.entries(CONDITIONS).map(([operator, sql]) => {
    const [before, between, after] = sql.split('?::float8');
    const upper = after === undefined ? '' : `r.threshold_high${after}`;
    return `when '${operator}' then ${before}r.threshold${between}${upper}`;
  });
  return `case r.operator ${cases.join(' ')} end`;
}
