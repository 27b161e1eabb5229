import { defineEntity, p } from '@mikro-orm/core';
import { flag, ids, now } from './columns.ts';
import { User } from './user.ts';
import { WebhookDelivery } from './webhook-delivery.ts';

/** The event types that a webhook can subscribe to. */
export const WEBHOOK_EVENT_TYPES = [
  'sensor.threshold_exceeded',
  'sensor.reading',
  'experiment.started',
  'experiment.stopped',
  'system.health_changed',
] as const;

export const WebhookSchema = defineEntity({
  name: 'Webhook',
  tableName: 'webhooks',
  properties: {
    ...ids(),
    url: p.string().length(2048),
    secret: p.string().length(255).nullable().hidden(),
    events: p.text(),
    enabled: flag(true),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: now().index(),
    deliveries: () => p.oneToMany(WebhookDelivery).mappedBy('webhook'),
  },
});

/** An HTTP callback; `events` is a JSON array of event types, as text. */
export class Webhook extends WebhookSchema.class {}
WebhookSchema.setClass(Webhook);
