import type { EntityManager } from '@mikro-orm/postgresql';
import { SCHEMA_KEY } from '../database/current-schema.ts';
import { query } from '../database/query.ts';
import { insert } from '../database/repository.ts';
import { WEBHOOK_EVENT_TYPES, Webhook } from '../entities/index.ts';
import { ConflictError, InvalidInputError } from '../errors.ts';
import { checkSecret } from './secret.ts';
import { checkUrl } from './url.ts';

export type WebhookRow = Webhook;
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** What a new webhook needs. */
export interface NewWebhook {
  url: string;
  /** One or more of WEBHOOK_EVENT_TYPES. */
  events: readonly string[];
  /** What deliveries are signed with; they are not where it is left out. */
  secret?: string;
}

/** Whoever gives a webhook its URL takes this advisory lock: no constraint keeps URLs apart. */
const URL_LOCK = 0x77656268;

/**
 * Makes a webhook that belongs to a user.
 * @throws InvalidInputError, ConflictError when another webhook has the URL
 */
export async function createWebhook(
  em: EntityManager,
  { url, events, secret }: NewWebhook,
  userPublicId: string,
): Promise<WebhookRow> {
  const values = {
    url: checkUrl(url),
    events: eventsText(events),
    secret: secret === undefined ? null : checkSecret(secret),
  };
  return await em.fork().transactional(async (inner) => {
    await keepUrlUnique(inner, url);
    return await insert(inner, Webhook, { ...values, user: userPublicId });
  });
}

/**
 * Changes the URL or the subscriptions of a webhook.
 * @throws InvalidInputError, ConflictError when another webhook has the URL
 */
export async function updateWebhook(
  em: EntityManager,
  { publicId }: WebhookRow,
  { url, events }: { url?: string; events?: readonly string[] },
): Promise<WebhookRow> {
  const change = {
    ...(url === undefined ? {} : { url: checkUrl(url) }),
    ...(events === undefined ? {} : { events: eventsText(events) }),
  };
  return await em.fork().transactional(async (inner) => {
    if (url !== undefined) {
      await keepUrlUnique(inner, url, publicId);
    }
    const row = await inner.findOneOrFail(Webhook, { publicId });
    inner.assign(row, change);
    await inner.flush();
    return row;
  });
}

/**
 * Gives a webhook another secret, or none.
 * @throws InvalidInputError
 */
export async function setSecret(em: EntityManager, { publicId }: WebhookRow, secret: string | null): Promise<void> {
  await em.nativeUpdate(Webhook, { publicId }, { secret: secret === null ? null : checkSecret(secret) });
}

/** The event types that a webhook is subscribed to; none where the column has no list. */
export function eventTypesOf({ events }: Pick<WebhookRow, 'events'>): string[] {
  try {
    const list: unknown = JSON.parse(events);
    return Array.isArray(list) ? list.filter((type) => typeof type === 'string') : [];
  } catch {
    return [];
  }
}

/**
 * The text as a type of event that the server dispatches.
 * @throws InvalidInputError listing them
 */
export function webhookEventType(text: string): WebhookEventType {
  const found = WEBHOOK_EVENT_TYPES.find((type) => type === text);
  if (found === undefined) {
    throw new InvalidInputError(`The event type "${text}" is unknown.`, {
      hint: `Use one of ${WEBHOOK_EVENT_TYPES.join(', ')}.`,
    });
  }
  return found;
}

function eventsText(events: readonly string[]): string {
  if (events.length === 0) {
    throw new InvalidInputError('A webhook needs an event type to be told about.', {
      hint: `Use one or more of ${WEBHOOK_EVENT_TYPES.join(', ')}.`,
    });
  }
  return JSON.stringify([...new Set(events.map(webhookEventType))]);
}

async function keepUrlUnique(em: EntityManager, url: string, except?: string): Promise<void> {
  await query(em, `select pg_advisory_xact_lock(?, ${SCHEMA_KEY})`, [URL_LOCK]);
  const other = await em.findOne(Webhook, { url, ...(except === undefined ? {} : { publicId: { $ne: except } }) });
  if (other) {
    throw new ConflictError(`There is a webhook with the URL "${url}" already.`, {
      hint: `It is ${other.publicId}: webmacs webhooks update ${other.publicId.slice(0, 8)} --event …`,
      conflict: { entity: 'Webhook', column: 'url', value: url },
    });
  }
}
