import type { EntityManager } from '@mikro-orm/postgresql';
import { describeCondition } from '../domain/rules.ts';
import { Rule } from '../entities/index.ts';
import type { SeriesEvent } from './model.ts';

/** The limits that a rule sets to the values of an event: one, or two. */
export interface Threshold {
  eventPublicId: string;
  /** Such as `Overtemperature > 950 °C`. */
  label: string;
  values: readonly number[];
}

/** Returns the thresholds of the rules that are enabled, by name. */
export async function thresholdsOf(em: EntityManager, events: readonly SeriesEvent[]): Promise<Threshold[]> {
  const units = new Map(events.map(({ publicId, unit }) => [publicId, unit]));
  const where = { event: { $in: [...units.keys()] }, enabled: true };
  const rules = await em.find(Rule, where, { orderBy: { name: 'asc' } });
  return rules.map((rule) => ({
    eventPublicId: rule.event.publicId,
    label: `${rule.name} ${describeCondition(rule, units.get(rule.event.publicId) ?? '')}`.trim(),
    values: [rule.threshold, rule.thresholdHigh].filter((value) => typeof value === 'number'),
  }));
}
