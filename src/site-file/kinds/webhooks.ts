import { Webhook } from '../../entities/index.ts';
import { eventTypesOf, webhookColumns } from '../../webhooks/webhooks.ts';
import { defineKind } from '../model.ts';
import { type Owned, ownerColumn, ownerField } from './fields.ts';

export const WEBHOOKS = defineKind<Webhook, WebhookFields>({
  name: 'webhooks',
  singular: 'webhook',
  entity: Webhook,
  uniques: [],
  nameOf: ({ url }) => url,
  fieldsOf: (webhook, names) => ({
    events: eventTypesOf(webhook),
    enabled: webhook.enabled,
    ...ownerField(webhook, names),
  }),
  columns: (_em, url, { events, enabled, ...owner }, keys) => ({
    ...webhookColumns({ url, events }),
    enabled,
    ...ownerColumn(owner, keys),
  }),
});

interface WebhookFields extends Owned {
  events: readonly string[];
  enabled: boolean;
}
