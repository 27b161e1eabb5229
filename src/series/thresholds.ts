import type { EntityManager } from '@mikro-orm/postgresql';
import { describeRule, limitsOf, type RuleRow } from '../domain/rules.ts';
import { Rule } from '../entities/index.ts';
import type { SeriesEvent } from './model.ts';

/** The limits that a rule sets to the values of an event: one, or two. */
export interface Threshold {
  eventPublicId: string;
  /** Such as `Overtemperature > 950 °C`. */
  label: string;
  values: readonly number[];
}

/** Returns the enabled rules of events by name, each with the unit of its values. */
export async function rulesOf(
  em: EntityManager,
  events: readonly SeriesEvent[],
): Promise<{ rule: RuleRow; unit: string }[]> {
  const units = new Map(events.map(({ publicId, unit }) => [publicId, unit]));
  const where = { event: { $in: [...units.keys()] }, enabled: true };
  const rules = await em.fork().find(Rule, where, { orderBy: { name: 'asc' } });
  return rules.map((rule) => ({ rule, unit: units.get(rule.event.publicId) ?? '' }));
}

/** Returns the thresholds of the rules that are enabled, by name. */
export async function thresholdsOf(em: EntityManager, events: readonly SeriesEvent[]): Promise<Threshold[]> {
  const rules = await rulesOf(em, events);
  return rules.map(({ rule, unit }) => ({
    eventPublicId: rule.event.publicId,
    label: describeRule(rule, unit),
    values: limitsOf(rule),
  }));
}
