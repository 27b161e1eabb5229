import { defineEntity, p } from '@mikro-orm/core';
import { choice, ids, integer, now } from './columns.ts';
import { TimestampType } from './types.ts';
import { Webhook } from './webhook.ts';

/** The states of a delivery; `dead_letter` means that it was given up. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed', 'dead_letter'] as const;

export const WebhookDeliverySchema = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  properties: {
    ...ids(),
    webhook: () => p.manyToOne(Webhook).joinColumn('webhook_id').index().deleteRule('cascade').ref(),
    eventType: p.string().length(100),
    payload: p.text(),
    status: choice(DELIVERY_STATUSES, 'pending'),
    attempts: integer(0),
    lastError: p.text().nullable(),
    responseCode: p.integer().nullable(),
    deliveredOn: p.type(TimestampType).nullable(),
    createdOn: now().index(),
  },
});

/** One delivery of a webhook, with its attempts and its result. */
export class WebhookDelivery extends WebhookDeliverySchema.class {}
WebhookDeliverySchema.setClass(WebhookDelivery);
