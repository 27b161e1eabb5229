import { defineEntity, p } from '@mikro-orm/core';
import { flag, ids, integer, now } from './columns.ts';
import { Event } from './event.ts';
import { DoubleType, TimestampType } from './types.ts';
import { User } from './user.ts';

/** How a value is compared with the threshold. */
export const RULE_OPERATORS = ['gt', 'lt', 'eq', 'gte', 'lte', 'between', 'not_between'] as const;

/** What a triggered rule does. */
export const RULE_ACTIONS = ['webhook', 'log'] as const;

export const RuleSchema = defineEntity({
  name: 'Rule',
  tableName: 'rules',
  properties: {
    ...ids(),
    name: p.string().length(255).unique(),
    event: () => p.manyToOne(Event).joinColumn('event_public_id').index().deleteRule('cascade').ref(),
    operator: p.enum(RULE_OPERATORS),
    threshold: p.type(DoubleType),
    thresholdHigh: p.type(DoubleType).nullable(),
    actionType: p.enum(RULE_ACTIONS),
    webhookEventType: p.string().length(100).nullable(),
    enabled: flag(true),
    cooldownSeconds: integer(60),
    lastTriggeredAt: p.type(TimestampType).nullable(),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now(),
  },
});

/** A threshold on the values of an event, and what happens when a value crosses it. */
export class Rule extends RuleSchema.class {}
RuleSchema.setClass(Rule);
