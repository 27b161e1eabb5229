import type { EntityManager } from '@mikro-orm/postgresql';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import { query } from '../database/query.ts';
import { insert } from '../database/repository.ts';
import { WEBHOOK_EVENT_TYPES, Webhook } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { parseStringList } from '../text/json.ts';
import { checkSecret } from './secret.ts';
import { checkUrl } from './url.ts';

export type WebhookRow = Webhook;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** What a new webhook needs. */
export interface NewWebhook {
  url: string;
  /** One or more of WEBHOOK_EVENT_TYPES. */
  events: readonly string[];
  /** Signs deliveries; without it they are not signed. */
  secret?: string | undefined;
}

/** Advisory lock for setting the URL of a webhook: no constraint makes URLs unique. */
const URL_LOCK = 0x77656268;

/**
 * Creates a webhook for its owner.
 * @throws InvalidInputError, ConflictError when another webhook has the URL
 */
export async function createWebhook(
  em: EntityManager,
  { url, events, secret }: NewWebhook,
  userPublicId: string,
): Promise<WebhookRow> {
  const values = { ...webhookColumns({ url, events }), secret: secret === undefined ? null : checkSecret(secret) };
  return await em.fork().transactional(async (inner) => {
    await requireUniqueUrl(inner, url);
    return await insert(inner, Webhook, { ...values, user: userPublicId });
  });
}

/**
 * Updates the URL, the subscriptions or the owner of a webhook.
 * @throws InvalidInputError, ConflictError when another webhook has the URL
 */
export async function updateWebhook(
  em: EntityManager,
  { publicId }: WebhookRow,
  {
    url,
    events,
    userPublicId,
  }: { url?: string | undefined; events?: readonly string[] | undefined; userPublicId?: string | undefined },
): Promise<WebhookRow> {
  const change = defined({
    url: url === undefined ? undefined : checkUrl(url),
    events: events === undefined ? undefined : eventsText(events),
    user: userPublicId,
  });
  return await em.fork().transactional(async (inner) => {
    if (url !== undefined) {
      await requireUniqueUrl(inner, url, publicId);
    }
    const row = await inner.findOneOrFail(Webhook, { publicId });
    inner.assign(row, change);
    await inner.flush();
    return row;
  });
}

/**
 * Sets or removes the secret of a webhook.
 * @throws InvalidInputError
 */
export async function setSecret(em: EntityManager, { publicId }: WebhookRow, secret: string | null): Promise<void> {
  await em.nativeUpdate(Webhook, { publicId }, { secret: secret === null ? null : checkSecret(secret) });
}

/** Returns the event types that a webhook is subscribed to; none if the column is not a list. */
export function eventTypesOf({ events }: Pick<WebhookRow, 'events'>): string[] {
  return parseStringList(events);
}

/** Returns the enabled webhooks that are subscribed to an event type. */
export async function subscribersOf(em: EntityManager, type: WebhookEventType): Promise<WebhookRow[]> {
  const enabled = await em.find(Webhook, { enabled: true }, { orderBy: { id: 'asc' } });
  return enabled.filter((webhook) => eventTypesOf(webhook).includes(type));
}

/**
 * Returns the text as an event type of the server.
 * @throws InvalidInputError that lists the event types
 */
export function webhookEventType(text: string): WebhookEventType {
  const found = WEBHOOK_EVENT_TYPES.find((type) => type === text);
  if (found === undefined) {
    throw new InvalidInputError(`Unknown event type "${text}".`, {
      hint: `Use one of ${WEBHOOK_EVENT_TYPES.join(', ')}.`,
    });
  }
  return found;
}

/** @throws InvalidInputError */
export function webhookColumns({ url, events }: Pick<NewWebhook, 'url' | 'events'>) {
  return { url: checkUrl(url), events: eventsText(events) };
}

function eventsText(events: readonly string[]): string {
  if (events.length === 0) {
    throw new InvalidInputError('A webhook needs at least one event type.', {
      hint: `Use one or more of ${WEBHOOK_EVENT_TYPES.join(', ')}.`,
    });
  }
  return JSON.stringify([...new Set(events.map(webhookEventType))]);
}

async function requireUniqueUrl(em: EntityManager, url: string, except?: string): Promise<void> {
  await query(em, `select pg_advisory_xact_lock(?, ${SCHEMA_KEY})`, [URL_LOCK]);
  const other = await em.findOne(Webhook, { url, publicId: { $ne: except ?? null } });
  if (other) {
    throw new ConflictError(`A webhook with the URL "${url}" already exists.`, {
      hint: `It is ${other.publicId}: webmacs webhooks update ${other.publicId.slice(0, 8)} --type …`,
      conflict: { entity: 'Webhook', column: 'url', value: url },
    });
  }
}
