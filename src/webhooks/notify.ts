import type { EntityManager } from '@mikro-orm/postgresql';
import { deliver, type Policy } from './deliver.ts';
import { type DeliveryRow, endAttempt, newDelivery } from './deliveries.ts';
import { mapConcurrent } from './map-concurrent.ts';
import type { WebhookEventType, WebhookRow } from './webhooks.ts';

/** The time that a command waits for webhooks that it notifies, in all. */
export const NOTIFY_SECONDS = 10;
/** More than a site has, so that one that does not answer takes the time of no other. */
const CONCURRENCY = 50;
/** An attempt needs more time than this. */
const MIN_MILLISECONDS = 50;

/** The result of notifying a webhook: a dead letter if it failed. */
export interface Notified {
  webhook: WebhookRow;
  delivery: DeliveryRow;
}

/**
 * Sends an event to webhooks, all at once and with one attempt each, and records it. What has failed, or was not attempted in
 * time, is a dead letter, which can be sent again.
 * @param seconds how long to wait for all of them
 * @throws the signal's reason when it is aborted: unfinished deliveries stay pending
 */
export async function notifyWebhooks(
  em: EntityManager,
  webhooks: readonly WebhookRow[],
  type: WebhookEventType,
  payload: string,
  policy: Pick<Policy, 'environment' | 'now' | 'signal'>,
  seconds = NOTIFY_SECONDS,
): Promise<Notified[]> {
  const recorded: Notified[] = [];
  for (const webhook of webhooks) {
    recorded.push({ webhook, delivery: await newDelivery(em, webhook, type, payload) });
  }
  const deadline = performance.now() + seconds * 1000;
  const send = async ({ webhook, delivery }: Notified): Promise<Notified> => {
    const left = deadline - performance.now();
    if (left > MIN_MILLISECONDS) {
      const timeoutSeconds = Math.ceil(left / 100) / 10;
      await deliver(em.fork(), webhook, delivery, { ...policy, retries: 0, timeoutSeconds });
    } else {
      const lastError = `Not attempted: the others took ${seconds} s.`;
      await endAttempt(em.fork(), delivery, { status: 'dead_letter', lastError, responseCode: null });
    }
    return { webhook, delivery };
  };
  const notified: Notified[] = [];
  for await (const each of mapConcurrent(recorded, CONCURRENCY, send)) {
    notified.push(each);
  }
  return notified;
}
