import { randomUUID } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { TimestampType } from './types.ts';
import { Webhook } from './webhook.ts';

/** Where a delivery stands; `dead_letter` was given up. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'dead_letter'] as const;

export const WebhookDeliverySchema = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  properties: {
    id: p.integer().primary(),
    publicId: p
      .string()
      .length(100)
      .unique()
      .onCreate(() => randomUUID()),
    webhook: () => p.manyToOne(Webhook).joinColumn('webhook_id').index().deleteRule('cascade').ref(),
    eventType: p.string().length(100),
    payload: p.text(),
    status: p
      .enum(DELIVERY_STATUSES)
      .default('pending')
      .onCreate(() => 'pending'),
    attempts: p
      .integer()
      .default(0)
      .onCreate(() => 0),
    lastError: p.text().nullable(),
    responseCode: p.integer().nullable(),
    deliveredOn: p.type(TimestampType).nullable(),
    createdOn: p.type(TimestampType).defaultRaw('now()').index(),
  },
});

/** One delivery of a webhook, with its attempts and its outcome. */
export class WebhookDelivery extends WebhookDeliverySchema.class {}
WebhookDeliverySchema.setClass(WebhookDelivery);
