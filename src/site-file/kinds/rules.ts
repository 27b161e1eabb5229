import { ruleColumns } from '../../domain/rules.ts';
import { Rule } from '../../entities/index.ts';
import { defineKind } from '../model.ts';
import { eventKey, type Owned, ownerColumn, ownerField } from './fields.ts';

export const RULES = defineKind<Rule, RuleFields>({
  name: 'rules',
  singular: 'rule',
  entity: Rule,
  uniques: ['name'],
  nameOf: ({ name }) => name,
  fieldsOf: (rule, names) => ({
    event: names.events.get(rule.event.publicId) ?? '',
    operator: rule.operator,
    threshold: rule.threshold,
    threshold_high: rule.thresholdHigh ?? null,
    action_type: rule.actionType,
    webhook_event_type: rule.webhookEventType ?? null,
    enabled: rule.enabled,
    cooldown_seconds: rule.cooldownSeconds,
    ...ownerField(rule, names),
  }),
  columns: (_em, name, fields, keys, before) => ({
    ...ruleColumns(
      {
        name,
        eventPublicId: eventKey(fields.event, keys) ?? '',
        operator: fields.operator,
        threshold: fields.threshold,
        thresholdHigh: fields.threshold_high,
        actionType: fields.action_type,
        webhookEventType: fields.webhook_event_type,
        enabled: fields.enabled,
        cooldownSeconds: fields.cooldown_seconds,
      },
      before?.name,
    ),
    ...ownerColumn(fields, keys),
  }),
});

interface RuleFields extends Owned {
  event: string;
  operator: string;
  threshold: number;
  threshold_high: number | null;
  action_type: string;
  webhook_event_type: string | null;
  enabled: boolean;
  cooldown_seconds: number;
}
