import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';
import { aDelivery, aWebhook, deliveriesOf } from '../support/webhook.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
await aUser(site, { username: 'root', admin: true });

const SECRET = 'not for anybody to see';
let count = 0;
const freshUrl = () => `https://lab.invalid/${++count}`;
const secretOf = async (url: string) =>
  (await site.pool.query('select secret from webhooks where url = $1', [url])).rows[0]?.secret;

describe('webhooks update, enable, disable and delete', () => {
  test('update changes URL and subscriptions, each alone', async () => {
    const { url, publicId } = await aWebhook(site);
    const moved = freshUrl();
    const first = await site.run(`webhooks update ${url} --url ${moved} --json`);
    expect(JSON.parse(first.stdout)).toMatchObject({ url: moved, events: ['sensor.reading'] });
    const second = await site.run(`webhooks update ${moved} --type experiment.stopped`);
    expect([second.code, second.stdout]).toEqual([0, `${publicId}\n`]);
    const { stdout } = await site.run(`webhooks show ${publicId} --json`);
    expect(JSON.parse(stdout)).toMatchObject({ url: moved, events: ['experiment.stopped'] });
  });

  test('update refuses the URL of another webhook, but not its own', async () => {
    const [one, other] = [await aWebhook(site), await aWebhook(site)];
    expect((await site.run(`webhooks update ${one.url} --url ${other.url}`)).code).toBe(4);
    expect((await site.run(`webhooks update ${one.url} --url ${one.url}`)).code).toBe(0);
    expect((await site.run(`webhooks update ${one.url} --url ftp://x`)).code).toBe(2);
    expect((await site.run(`webhooks update ${one.url} --type nothing`)).code).toBe(2);
    expect((await site.run(`webhooks update ${one.url}`)).code).toBe(2);
  });

  test('enable and disable may be repeated', async () => {
    const { url } = await aWebhook(site);
    for (const [verb, enabled] of [
      ['disable', false],
      ['disable', false],
      ['enable', true],
    ] as const) {
      const { code, stdout } = await site.run(`webhooks ${verb} ${url} --json`);
      expect([code, JSON.parse(stdout).enabled]).toEqual([0, enabled]);
    }
  });

  test('delete includes the deliveries, and asks first', async () => {
    const { url, id } = await aWebhook(site);
    await aDelivery(site, id);
    await aDelivery(site, id);
    expect((await site.run(`webhooks delete ${url}`)).code).toBe(2);
    const { code, stderr } = await site.run(`webhooks delete ${url} --yes`);
    expect([code, stderr]).toEqual([0, `✓ Webhook "${url}" deleted, with 2 webhook deliveries.\n`]);
    expect(await deliveriesOf(site, id)).toEqual([]);
  });
});

describe('webhooks secret', () => {
  test('--rotate makes a new one, shown once', async () => {
    const { url } = await aWebhook(site, { secret: SECRET });
    const { code, stdout } = await site.run(`webhooks secret ${url} --rotate --json`);
    expect([code, JSON.parse(stdout).secret]).toEqual([0, await secretOf(url)]);
    expect(await secretOf(url)).not.toBe(SECRET);
  });

  test('takes one from standard input or a file, and prints neither', async () => {
    using directory = temporaryDirectory();
    const { url } = await aWebhook(site);
    const file = join(directory.path, 'secret');
    writeFileSync(file, 'from a file');
    const first = await site.run(`webhooks secret ${url} --secret-stdin --json`, { input: SECRET });
    expect([first.code, await secretOf(url)]).toEqual([0, SECRET]);
    const second = await site.run(`webhooks secret ${url} --rotate --secret-file ${file}`);
    expect([second.code, await secretOf(url)]).toEqual([0, 'from a file']);
    expect(first.stdout + first.stderr + second.stdout + second.stderr).not.toMatch(/not for anybody|from a file/);
  });

  test('--remove stops signing', async () => {
    const { url } = await aWebhook(site, { secret: SECRET });
    expect((await site.run(`webhooks secret ${url} --remove`)).code).toBe(0);
    expect(await secretOf(url)).toBeNull();
  });

  test.each(['', '--remove --rotate', '--remove --secret-stdin'])('with %j is refused', async (options) => {
    const { url } = await aWebhook(site, { secret: SECRET });
    const env = { WEBMACS_WEBHOOK_SECRET: 'from outside' };
    const { code } = await site.run(`webhooks secret ${url} ${options}`.trim(), { env });
    expect([code, await secretOf(url)]).toEqual([2, SECRET]);
  });
});

describe('webhooks deliveries', () => {
  test('with a webhook lists its own, and with --status those with this status', async () => {
    const { url, publicId, id } = await aWebhook(site);
    const dead = await aDelivery(site, id, { createdOn: '2026-01-01' });
    const done = await aDelivery(site, id, { status: 'delivered', createdOn: '2026-01-02' });
    const ids = async (line: string) =>
      JSON.parse((await site.run(`webhooks deliveries ${line} --json`)).stdout).map(
        (row: { public_id: string }) => row.public_id,
      );
    expect(await ids(url)).toEqual([done.publicId, dead.publicId]);
    expect(await ids(`${publicId} --status dead_letter`)).toEqual([dead.publicId]);
    expect(await ids(`list ${url} --status delivered`)).toEqual([done.publicId]);
    expect(await ids(`list ${url} --limit 1 --after ${done.publicId}`)).toEqual([dead.publicId]);
    expect(await ids('--status failed')).toEqual([]);
  });

  test('in a pipe is a line per delivery, with its webhook', async () => {
    const { url, id } = await aWebhook(site);
    const { publicId } = await aDelivery(site, id, { createdOn: '2026-01-01' });
    const { stdout } = await site.run(`webhooks deliveries ${url}`);
    const cells = ['2026-01-01T00:00:00+00:00', 'sensor.reading', 'dead_letter', '3', '', 'gone', url, publicId];
    expect(stdout).toBe(`${cells.join('\t')}\n`);
  });

  test('show has the payload, and delete removes one', async () => {
    const { id } = await aWebhook(site);
    const { publicId } = await aDelivery(site, id, { payload: '{"type":"sensor.reading","n":1}' });
    const { stdout } = await site.run(`webhooks deliveries show ${publicId} --json`);
    expect(JSON.parse(stdout)).toMatchObject({ payload: '{"type":"sensor.reading","n":1}', attempts: 3 });
    expect((await site.run(`webhooks deliveries delete ${publicId} --yes`)).code).toBe(0);
    expect(await deliveriesOf(site, id)).toEqual([]);
  });

  test('an unknown status is refused', async () => {
    const { code, stderr } = await site.run('webhooks deliveries --status lost');
    expect([code, stderr]).toEqual([2, expect.stringContaining('pending, delivered, failed, dead_letter')]);
  });
});
