import type { EntityManager } from '@mikro-orm/postgresql';
import { insert, saveChanges } from '../database/repository.ts';
import { RULE_ACTIONS, RULE_OPERATORS, Rule, WEBHOOK_EVENT_TYPES } from '../entities/index.ts';
import { InvalidInputError } from '../errors.ts';
import { oneOf, rowName } from './checks.ts';
import { type OwnerChange, ownerOf } from './ownership.ts';

export type RuleRow = Rule;

/** The default event type for the action `webhook`. */
export const DEFAULT_WEBHOOK_EVENT = 'sensor.threshold_exceeded';

export const DEFAULT_COOLDOWN_SECONDS = 60;

/** The largest `integer` of PostgreSQL. */
const MAX_SECONDS = 2_147_483_647;

/** A threshold on the values of an event, and the action when a value crosses it. */
export interface RuleDefinition {
  name: string;
  eventPublicId: string;
  /** One of RULE_OPERATORS. */
  operator: string;
  threshold: number;
  /** The upper limit of `between` and `not_between`, at least `threshold`; null for the others. */
  thresholdHigh: number | null;
  /** One of RULE_ACTIONS. */
  actionType: string;
  /** One of WEBHOOK_EVENT_TYPES; null for an action other than `webhook`. */
  webhookEventType: string | null;
  enabled: boolean;
  /** The minimum time between two triggers. */
  cooldownSeconds: number;
}

/** Whether the operator has a lower and an upper threshold. */
export function isRange(operator: string): boolean {
  return operator === 'between' || operator === 'not_between';
}

/**
 * Creates a rule.
 * @param userPublicId its owner
 * @throws InvalidInputError, ConflictError
 */
export async function createRule(
  em: EntityManager,
  definition: RuleDefinition,
  userPublicId: string,
): Promise<RuleRow> {
  return await insert(em, Rule, { ...ruleColumns(definition), user: userPublicId });
}

/**
 * Changes the given properties of a rule. An upper threshold or webhook event that no longer applies is removed.
 * @throws InvalidInputError, ConflictError
 */
export async function updateRule(
  em: EntityManager,
  rule: RuleRow,
  change: Partial<RuleDefinition> & OwnerChange,
): Promise<RuleRow> {
  const definition: RuleDefinition = {
    name: rule.name,
    eventPublicId: rule.event.publicId,
    operator: rule.operator,
    threshold: rule.threshold,
    thresholdHigh: isRange(change.operator ?? rule.operator) ? (rule.thresholdHigh ?? null) : null,
    actionType: rule.actionType,
    webhookEventType: (change.actionType ?? rule.actionType) === 'webhook' ? (rule.webhookEventType ?? null) : null,
    enabled: rule.enabled,
    cooldownSeconds: rule.cooldownSeconds,
    ...change,
  };
  return await saveChanges(em, rule, { ...ruleColumns(definition, rule.name), ...ownerOf(change) });
}

/** Describes the condition, such as `> 800 °C` or `between 10 and 20 °C`. */
export function describeCondition(
  { operator, threshold, thresholdHigh }: Pick<RuleRow, 'operator' | 'threshold' | 'thresholdHigh'>,
  unit: string,
): string {
  const upper = isRange(operator) ? ` and ${thresholdHigh ?? '?'}` : '';
  return `${operatorText(operator)} ${threshold}${upper} ${unit}`;
}

/** Describes a rule by its name and its condition, such as `Overheat > 850 °C`. */
export function describeRule(
  rule: Pick<RuleRow, 'name' | 'operator' | 'threshold' | 'thresholdHigh'>,
  unit: string,
): string {
  return `${rule.name} ${describeCondition(rule, unit)}`.trim();
}

/** Returns the limits that a rule sets: one, or two. */
export function limitsOf({ threshold, thresholdHigh }: Pick<RuleRow, 'threshold' | 'thresholdHigh'>): number[] {
  return typeof thresholdHigh === 'number' ? [threshold, thresholdHigh] : [threshold];
}

/** Returns an operator as people write it: `>`, `≥`, `not between`. */
export function operatorText(operator: RuleRow['operator']): string {
  const symbols: Record<string, string> = { gt: '>', lt: '<', eq: '=', gte: '≥', lte: '≤' };
  return symbols[operator] ?? operator.replace('_', ' ');
}

/**
 * Returns the columns of a rule.
 * @param before the current name, which may stay
 * @throws InvalidInputError
 */
export function ruleColumns(definition: RuleDefinition, before?: string) {
  const operator = oneOf('condition', definition.operator, RULE_OPERATORS);
  const actionType = oneOf('action', definition.actionType, RULE_ACTIONS);
  const { threshold, thresholdHigh, cooldownSeconds, eventPublicId, enabled } = definition;
  checkThresholds(operator, threshold, thresholdHigh);
  if (!Number.isInteger(cooldownSeconds) || cooldownSeconds < 0 || cooldownSeconds > MAX_SECONDS) {
    throw new InvalidInputError(`The cooldown must be 0 to ${MAX_SECONDS} seconds, not ${cooldownSeconds}.`);
  }
  return {
    name: rowName('name', definition.name, before),
    event: eventPublicId,
    operator,
    threshold,
    thresholdHigh,
    actionType,
    webhookEventType: webhookEventOf(actionType, definition.webhookEventType),
    enabled,
    cooldownSeconds,
  };
}

function checkThresholds(operator: string, low: number, high: number | null): void {
  if (!Number.isFinite(low) || (high !== null && !Number.isFinite(high))) {
    throw new InvalidInputError('A threshold must be a finite number.');
  }
  if (!isRange(operator) && high !== null) {
    throw new InvalidInputError(`"${operator}" takes no upper threshold.`, {
      hint: 'Omit the upper threshold, or use between or not_between.',
    });
  }
  if (isRange(operator) && high === null) {
    throw new InvalidInputError(`"${operator}" needs an upper threshold.`, {
      hint: 'Pass --threshold-high, at least as large as --threshold.',
    });
  }
  if (high !== null && high < low) {
    throw new InvalidInputError(`The upper threshold, ${high}, must not be less than the lower, ${low}.`);
  }
}

function webhookEventOf(action: string, given: string | null) {
  if (action === 'webhook') {
    return oneOf('webhook event', given ?? DEFAULT_WEBHOOK_EVENT, WEBHOOK_EVENT_TYPES);
  }
  if (given !== null) {
    throw new InvalidInputError(`The action "${action}" takes no webhook event.`, {
      hint: 'Omit the webhook event, or use the action webhook.',
    });
  }
  return null;
}
