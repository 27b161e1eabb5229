import { Webhook } from '../../src/entities/index.ts';
import { deliver, type Outcome, type Policy } from '../../src/webhooks/deliver.ts';
import { newDelivery } from '../../src/webhooks/deliveries.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { aWebhook, deliveriesOf } from '../support/webhook.ts';

export const SECRET = 'the secret of the receiver';
export const BODY = '{"type":"sensor.reading","value":12.5,"unit":"°C"}';

export const policyWith = (more: Partial<Policy> = {}): Policy => ({
  retries: 2,
  timeoutSeconds: 10,
  insecure: false,
  environment: {},
  signal: new AbortController().signal,
  now: () => new Date(),
  pause: async () => {},
  ...more,
});

/** A database whose webhooks get deliveries. */
export async function aDeliverer() {
  const database = await freshDatabase();
  const opened = await openDatabase(database);

  /** Makes a delivery to the URL, and returns it with its final row. */
  async function delivered(url: string, policy: Partial<Policy> = {}, secret: string | null = SECRET) {
    const { id } = await aWebhook(database, { url, secret });
    const em = opened.em.fork();
    const webhook = await em.findOneOrFail(Webhook, { id });
    const delivery = await newDelivery(em, webhook, 'sensor.reading', BODY);
    const outcome = await deliver(em, webhook, delivery, policyWith(policy));
    const [row] = await deliveriesOf(database, id);
    return { outcome, row, id, last: lastOf(outcome) };
  }

  async function close(): Promise<void> {
    await opened.close();
    await database[Symbol.asyncDispose]();
  }

  return { database, opened, delivered, close };
}

function lastOf({ attempts }: Outcome) {
  const last = attempts.at(-1);
  if (!last) {
    throw new Error('There was no attempt.');
  }
  return last;
}
