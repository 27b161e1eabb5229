import { eventsOf } from '../../domain/events.ts';
import { describeCondition, type RuleRow } from '../../domain/rules.ts';
import { Rule } from '../../entities/index.ts';
import type { Noun } from '../standard/noun.ts';

export const RULES: Noun<RuleRow> = {
  entity: Rule,
  singular: 'rule',
  key: 'name',
  columns: ['name', 'event', 'condition', 'action_type', 'enabled', 'last_triggered_at', 'public_id'],
  orderBy: { name: 'asc' },
  // Names and symbols instead of public ids and codes.
  derived: {
    columns: ['event', 'condition'],
    rows: async (em, rules) => {
      const events = await eventsOf(
        em,
        rules.map((rule) => rule.event.publicId),
      );
      return rules.map((rule) => {
        const event = events.get(rule.event.publicId);
        return { event: event?.name ?? null, condition: describeCondition(rule, event?.unit ?? '') };
      });
    },
  },
};
