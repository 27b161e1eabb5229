import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { User } from './user.ts';
import { WebhookDelivery } from './webhook-delivery.ts';

/** What a webhook can be told about. */
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
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    url: p.string().length(2048),
    secret: p.string().length(255).nullable().hidden(),
    events: p.text(),
    enabled: p
      .boolean()
      .default(true)
      .onCreate(() => true),
    user: () => p.manyToOne(User).joinColumn('user_public_id').index().deleteRule('cascade').ref(),
    createdOn: p.type(TimestampType).defaultRaw('now()').index(),
    deliveries: () => p.oneToMany(WebhookDelivery).mappedBy('webhook'),
  },
});

/** An HTTP callback; `events` is a JSON array of event types, in text. */
export class Webhook extends WebhookSchema.class {}
WebhookSchema.setClass(Webhook);
