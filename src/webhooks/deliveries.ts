import type { FilterQuery } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { insert } from '../database/repository.ts';
import { Webhook, WebhookDelivery } from '../entities/index.ts';
import type { WebhookRow } from './webhooks.ts';

export type DeliveryRow = WebhookDelivery;

/**
 * Records a delivery that is yet to be made.
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
 * Counts an attempt before it is made, so that whatever happens to this process, the row tells that one was begun.
 * @returns false when somebody else has begun one meanwhile, or the row is gone
 */
export async function beginAttempt(em: EntityManager, delivery: DeliveryRow): Promise<boolean> {
  const { id, attempts } = delivery;
  const begun = await em.nativeUpdate(WebhookDelivery, { id, attempts }, { status: 'pending', attempts: attempts + 1 });
  if (begun === 0) {
    return false;
  }
  Object.assign(delivery, { status: 'pending', attempts: attempts + 1 });
  return true;
}

/** Records what came of the attempt that was begun last. */
export async function endAttempt(
  em: EntityManager,
  delivery: DeliveryRow,
  outcome: Pick<DeliveryRow, 'status' | 'lastError' | 'responseCode'> & Partial<Pick<DeliveryRow, 'deliveredOn'>>,
): Promise<void> {
  const { id, attempts } = delivery;
  await em.nativeUpdate(WebhookDelivery, { id, attempts }, outcome);
  Object.assign(delivery, outcome);
}

/** The deliveries of these ids, each with its webhook. */
export async function withWebhooks(
  em: EntityManager,
  deliveries: readonly DeliveryRow[],
): Promise<{ delivery: DeliveryRow; webhook: WebhookRow }[]> {
  const webhooks = await em.find(Webhook, { id: { $in: [...new Set(deliveries.map(({ webhook }) => webhook.id))] } });
  const byId = new Map(webhooks.map((webhook) => [webhook.id, webhook]));
  return deliveries.flatMap((delivery) => {
    const webhook = byId.get(delivery.webhook.id);
    return webhook ? [{ delivery, webhook }] : [];
  });
}

/** As many dead letters are in memory at once. */
const BATCH = 200;

/**
 * The deliveries that were given up, the oldest first: those since a time, and those of one webhook, or of all that are
 * enabled. Each is read when its turn comes, however many there are.
 */
export async function* deadLetters(
  em: EntityManager,
  { since, webhook }: { since?: string; webhook?: WebhookRow },
): AsyncGenerator<{ delivery: DeliveryRow; webhook: WebhookRow }> {
  const webhooks = webhook ? [webhook] : await em.find(Webhook, { enabled: true });
  const where: FilterQuery<DeliveryRow> = {
    status: 'dead_letter',
    webhook: { $in: webhooks.map(({ id }) => id) },
    ...(since === undefined ? {} : { createdOn: { $gte: since } }),
  };
  for (let last = 0; ; ) {
    const own = em.fork();
    const batch = await own.find(
      WebhookDelivery,
      { $and: [where, { id: { $gt: last } }] },
      { orderBy: { id: 'asc' }, limit: BATCH },
    );
    yield* await withWebhooks(own, batch);
    last = batch.at(-1)?.id ?? last;
    if (batch.length < BATCH) {
      return;
    }
  }
}
