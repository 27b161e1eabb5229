import { describe, expect, test } from 'vitest';
import { aReceiver } from '../support/receiver.ts';
import { aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { aWebhook } from '../support/webhook.ts';

describe('webhooks test --all', () => {
  test('tests every enabled webhook subscribed to the type, ten at a time', async () => {
    await using own = await aSite();
    const user = (await aUser(own)).publicId;
    let [now, most] = [0, 0];
    await using receiver = await aReceiver(async (response) => {
      most = Math.max(most, ++now);
      // Ten are there at once; an eleventh would have time to come.
      await until(() => most >= 10);
      await new Promise((done) => setTimeout(done, 100));
      now--;
      response.end();
    });
    const events = ['experiment.started'];
    for (let at = 0; at < 13; at++) {
      await aWebhook(own, { url: `${receiver.url}/${at}`, events, owner: user });
    }
    await aWebhook(own, { url: `${receiver.url}/off`, events, enabled: false, owner: user });
    await aWebhook(own, { url: `${receiver.url}/other`, events: ['sensor.reading'], owner: user });
    const { code, stdout } = await own.run('webhooks test --all --type experiment.started --json');
    expect([code, JSON.parse(stdout).length, receiver.taken.length, most]).toEqual([0, 13, 13, 10]);
    expect(receiver.taken.map(({ url }) => url)).not.toContain('/hook/off');
  });

  test('exits 6 if one fails, and prints a line per delivery', async () => {
    await using own = await aSite();
    const user = (await aUser(own)).publicId;
    await using good = await aReceiver();
    await using bad = await aReceiver((response) => response.writeHead(410).end());
    await aWebhook(own, { url: good.url, owner: user });
    await aWebhook(own, { url: bad.url, owner: user });
    const { code, stdout, stderr } = await own.run('webhooks test --all --type sensor.reading --retries 0');
    const lines = stdout.split('\n').map((line) => line.split('\t').slice(0, 5));
    expect(lines.length).toBe(3);
    // The one that is made first comes first.
    expect(new Set(lines)).toEqual(
      new Set([
        [good.url, 'sensor.reading', 'delivered', '1', '200'],
        [bad.url, 'sensor.reading', 'dead_letter', '1', '410'],
        [''],
      ]),
    );
    expect([code, stderr]).toEqual([6, expect.stringContaining('1 of 2 deliveries failed.')]);
  });

  test('on a terminal prints a line per delivery, with the reason', async () => {
    await using own = await aSite();
    await using bad = await aReceiver((response) => response.writeHead(410).end('gone'));
    await aWebhook(own, { url: bad.url });
    const env = { NO_COLOR: '1', DATABASE_URL: own.url };
    const { output } = await onTerminal('webhooks test --all --type sensor.reading --retries 0', env);
    expect(output).toMatch(/^✗ http:\S+ {2}[0-9a-f]{8} {2}The receiver answered 410 Gone: "gone"$/m);
  });

  test('without any is an empty list', async () => {
    await using own = await aSite();
    expect(await own.run('webhooks test --all --type sensor.reading --json')).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr: '',
    });
  });
});
