import { Rule } from '../../entities/index.ts';
import type { RuleRow } from '../../site/rules.ts';
import type { Noun } from '../standard/noun.ts';

export const RULES: Noun<RuleRow> = {
  entity: Rule,
  singular: 'rule',
  key: 'name',
  columns: ['name', 'event', 'condition', 'action_type', 'enabled', 'last_triggered_at', 'public_id'],
  orderBy: { name: 'asc' },
};
