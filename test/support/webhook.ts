import { randomUUID } from 'node:crypto';
import type { Site } from './site.ts';
import { aUser } from './site.ts';

/** Inserts a webhook, by default of a new user. */
export async function aWebhook(
  { pool }: Pick<Site, 'pool'>,
  {
    url = `https://lab.invalid/${randomUUID()}`,
    events = ['sensor.reading'],
    secret = null as string | null,
    enabled = true,
    owner = '',
  } = {},
): Promise<{ id: number; publicId: string; url: string }> {
  const publicId = randomUUID();
  const { rows } = await pool.query(
    `insert into webhooks (public_id, url, secret, events, enabled, user_public_id)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [publicId, url, secret, JSON.stringify(events), enabled, owner || (await aUser({ pool })).publicId],
  );
  return { id: rows[0].id, publicId, url };
}

/** Inserts a recorded delivery of a webhook. */
export async function aDelivery(
  { pool }: Pick<Site, 'pool'>,
  webhookId: number,
  { status = 'dead_letter', attempts = 3, payload = '{"type":"sensor.reading"}', createdOn = 'now' } = {},
): Promise<{ publicId: string }> {
  const publicId = randomUUID();
  await pool.query(
    `insert into webhook_deliveries (public_id, webhook_id, event_type, payload, status, attempts, last_error, created_on)
     values ($1, $2, 'sensor.reading', $3, $4, $5, 'gone', $6)`,
    [publicId, webhookId, payload, status, attempts, createdOn],
  );
  return { publicId };
}

/** Returns the deliveries of a webhook, the oldest first. */
export async function deliveriesOf(
  { pool }: Pick<Site, 'pool'>,
  webhookId: number,
): Promise<
  { status: string; attempts: number; last_error: string | null; response_code: number | null; payload: string }[]
> {
  const { rows } = await pool.query(
    `select status::text, attempts, last_error, response_code, payload from webhook_deliveries
      where webhook_id = $1 order by id`,
    [webhookId],
  );
  return rows;
}
