import { afterAll, expect, test } from 'vitest';
import { Webhook } from '../../src/entities/index.ts';
import { notifyWebhooks } from '../../src/webhooks/notify.ts';
import { freshDatabase, openDatabase } from '../support/database.ts';
import { aReceiver } from '../support/receiver.ts';
import { aUser } from '../support/site.ts';
import { aWebhook } from '../support/webhook.ts';

const site = await freshDatabase();
const database = await openDatabase(site);
afterAll(async () => {
  await database.close();
  await site[Symbol.asyncDispose]();
});

test('receivers that do not answer, and those after them, are dead letters when the time is over', async () => {
  await using silent = await aReceiver(() => {});
  const owner = (await aUser(site)).publicId;
  for (let at = 0; at < 51; at++) {
    await aWebhook(site, { url: `${silent.url}/${at}`, events: ['experiment.started'], owner });
  }
  const { em } = database;
  const policy = { environment: {}, now: () => new Date(), signal: new AbortController().signal };
  await notifyWebhooks(em, await em.find(Webhook, {}), 'experiment.started', '{}', policy, 1);
  const { rows } = await site.pool.query(
    `select status::text, attempts, last_error ~ '^Not attempted' as skipped, count(*)::int
       from webhook_deliveries group by 1, 2, 3 order by 2`,
  );
  expect(rows).toEqual([
    { status: 'dead_letter', attempts: 0, skipped: true, count: 1 },
    { status: 'dead_letter', attempts: 1, skipped: false, count: 50 },
  ]);
});
