import type { FilterQuery } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { insert } from '../database/repository.ts';
import { Webhook, WebhookDelivery } from '../entities/index.ts';
import { defined } from '../text/defined.ts';
import type { WebhookRow } from './webhooks.ts';

export type DeliveryRow = WebhookDelivery;

export interface WithWebhook {
  delivery: DeliveryRow;
  webhook: WebhookRow;
}

/**
 * Records a delivery, to be made later.
 *
 * @example
 * ```ts
 * const { em } = database;
 * const webhook = await em.findOneOrFail(Webhook, { user: { username: 'ada' } });
 * const delivery = await newDelivery(em, webhook, 'sensor.reading', '{"value":42}');
 * console.log(delivery.status, delivery.attempts);
 * // pending 0
 * ```
 */
export async function newDelivery(
  em: EntityManager,
  { id }: WebhookRow,
  eventType: string,
  payload: string,
): Promise<DeliveryRow> {
  return await insert(em, WebhookDelivery, { webhook: id, eventType, payload });
}

/**
 * Counts an attempt before it is made, so that the row shows it even if this process is killed.
 * @returns false when another process has started or ended an attempt in the meantime, or the row was deleted
 */
export async function beginAttempt(em: EntityManager, delivery: DeliveryRow): Promise<boolean> {
  const { id, attempts, status } = delivery;
  const change = { status: 'pending' as const, attempts: attempts + 1 };
  if ((await em.nativeUpdate(WebhookDelivery, { id, attempts, status }, change)) === 0) {
    return false;
  }
  Object.assign(delivery, change);
  return true;
}

/** Records the outcome of the last attempt. */
export async function endAttempt(
  em: EntityManager,
  delivery: DeliveryRow,
  outcome: Pick<DeliveryRow, 'status' | 'lastError' | 'responseCode'> & Partial<Pick<DeliveryRow, 'deliveredOn'>>,
): Promise<void> {
  const { id, attempts } = delivery;
  await em.nativeUpdate(WebhookDelivery, { id, attempts }, outcome);
  Object.assign(delivery, outcome);
}

export async function withWebhooks(em: EntityManager, deliveries: readonly DeliveryRow[]): Promise<WithWebhook[]> {
  const webhooks = await em.find(Webhook, { id: { $in: [...new Set(deliveries.map(({ webhook }) => webhook.id))] } });
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
  return deliveries.flatMap((delivery) => {
    const webhook = byId.get(delivery.webhook.id);
    return webhook ? [{ delivery, webhook }] : [];
  });
}

/** Dead letters in memory at a time. */
const BATCH_SIZE = 200;

/**
 * Yields the dead letters, oldest first: those created in a time range, of one webhook or of all enabled ones. They are
 * read in batches, so there may be any number of them.
 */
export async function* deadLetters(
  em: EntityManager,
  { from, to, webhook }: { from?: string; to?: string; webhook?: WebhookRow | undefined },
): AsyncGenerator<WithWebhook> {
  const webhooks = webhook ? [webhook] : await em.find(Webhook, { enabled: true });
  const where: FilterQuery<DeliveryRow> = {
    status: 'dead_letter',
    webhook: { $in: webhooks.map(({ id }) => id) },
    ...(from !== undefined || to !== undefined ? { createdOn: defined({ $gte: from, $lt: to }) } : {}),
  };
  for (let last = 0; ; ) {
    const own = em.fork();
    const batch = await own.find(
      WebhookDelivery,
      { $and: [where, { id: { $gt: last } }] },
      { orderBy: { id: 'asc' }, limit: BATCH_SIZE },
    );
    yield* await withWebhooks(own, batch);
    last = batch.at(-1)?.id ?? last;
    if (batch.length < BATCH_SIZE) {
      return;
    }
  }
}
