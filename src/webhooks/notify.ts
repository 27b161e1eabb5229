import type { EntityManager } from '@mikro-orm/postgresql';
import { deliver, type Policy } from './deliver.ts';
import { type DeliveryRow, endAttempt, newDelivery } from './deliveries.ts';
import { mapConcurrent } from './map-concurrent.ts';
import type { WebhookEventType, WebhookRow } from './webhooks.ts';

/** The time that a command spends on notifying webhooks, in all. */
export const NOTIFY_SECONDS = 10;
/** More than a site has, so that one that does not answer takes the time of no other. */
const CONCURRENCY = 50;

/** The result of notifying a webhook: a dead letter if it failed. */
export interface Notified {
  webhook: WebhookRow;
  delivery: DeliveryRow;
}

/**
 * Sends an event to webhooks, all at once and with one attempt each, and records it. What has failed, or was not attempted in
 * time, is a dead letter, which can be sent again.
 * @throws the signal's reason when it is aborted: unfinished deliveries stay pending
 */
export async function notifyWebhooks(
  em: EntityManager,
  webhooks: readonly WebhookRow[],
  type: WebhookEventType,
  payload: string,
  policy: Pick<Policy, 'environment' | 'now' | 'signal'>,
): Promise<Notified[]> {
  const deadline = performance.now() + NOTIFY_SECONDS * 1000;
  const recorded: Notified[] = [];
  for (const webhook of webhooks) {
    recorded.push({ webhook, delivery: await newDelivery(em, webhook, type, payload) });
  }
  const send = async ({ webhook, delivery }: Notified): Promise<Notified> => {
    const timeoutSeconds = Math.round((deadline - performance.now()) / 100) / 10;
    if (timeoutSeconds > 0) {
      await deliver(em.fork(), webhook, delivery, { ...policy, retries: 0, timeoutSeconds });
    } else {
      const lastError = `Not attempted: the others took ${NOTIFY_SECONDS} s.`;
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
