import type { Command } from '../../cli/command.ts';
import { RenamedOption } from '../../cli/option.ts';
import { Webhook, WebhookDelivery } from '../../entities/index.ts';
import { type DeliveryRow, withWebhooks } from '../../webhooks/deliveries.ts';
import { maskedUrl } from '../../webhooks/url.ts';
import { eventTypesOf, type WebhookRow } from '../../webhooks/webhooks.ts';
import type { Noun } from '../standard/noun.ts';

export const WEBHOOKS: Noun<WebhookRow> = {
  entity: Webhook,
  singular: 'webhook',
  key: 'url',
  columns: ['url', 'events', 'enabled', 'has_secret', 'created_on', 'public_id'],
  orderBy: { createdOn: 'asc' },
  name: ({ url }) => maskedUrl(url),
  derived: {
    columns: ['has_secret'],
    rows: async (_em, webhooks) =>
      webhooks.map((webhook) => ({
        url: maskedUrl(webhook.url),
        events: eventTypesOf(webhook),
        has_secret: Boolean(webhook.secret),
      })),
  },
};

export const DELIVERIES: Noun<DeliveryRow> = {
  entity: WebhookDelivery,
  singular: 'delivery',
  columns: ['created_on', 'event_type', 'status', 'attempts', 'response_code', 'last_error', 'webhook', 'public_id'],
  hideFirst: ['response_code', 'attempts', 'webhook', 'last_error', 'event_type', 'public_id'],
  orderBy: { createdOn: 'desc' },
  derived: {
    columns: ['webhook', 'webhook_public_id'],
    rows: async (em, deliveries) => {
      const found = await withWebhooks(em, deliveries);
      const webhooks = new Map(found.map(({ delivery, webhook }) => [delivery.id, webhook]));
      return deliveries.map(({ id }) => {
        const webhook = webhooks.get(id);
        return { webhook: maskedUrl(webhook?.url ?? ''), webhook_public_id: webhook?.publicId ?? null };
      });
    },
  },
};

/** Refuses `--event`, which elsewhere names an event. */
export function notAnEvent(command: Command): Command {
  return command.addOption(
    new RenamedOption(
      '--event <type...>',
      '--event: webhooks subscribe to types, not to events.',
      'Pass --type instead.',
    ),
  );
}
