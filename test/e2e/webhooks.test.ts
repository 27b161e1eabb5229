import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser } from '../support/site.ts';
import { onTerminal } from '../support/terminal.ts';
import { aWebhook } from '../support/webhook.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
await aUser(site, { username: 'root', admin: true });

const SECRET = 'not for anybody to see';
let count = 0;
const freshUrl = () => `https://lab.invalid/${++count}`;
const secretOf = async (url: string) =>
  (await site.pool.query('select secret from webhooks where url = $1', [url])).rows[0]?.secret;

describe('webhooks create', () => {
  test('in a pipe prints the public id alone, as JSON the row without its secret', async () => {
    const [one, other] = [freshUrl(), freshUrl()];
    const pipe = await site.run(['webhooks', 'create', one, '--type', 'sensor.reading']);
    expect([pipe.code, pipe.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
    const words = ['webhooks', 'create', other, '--type', 'sensor.reading', '--type', 'experiment.started'];
    const { code, stdout, stderr } = await site.run([...words, '--secret-stdin', '--json'], { input: `${SECRET}\n` });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      url: other,
      events: ['sensor.reading', 'experiment.started'],
      enabled: true,
      has_secret: true,
    });
    expect(stdout).not.toContain(SECRET);
    expect(await secretOf(other)).toBe(SECRET);
  });

  test('stores the event types as the server does, each once', async () => {
    const url = freshUrl();
    await site.run(['webhooks', 'create', url, '--type', 'sensor.reading', 'experiment.started', 'sensor.reading']);
    const { rows } = await site.pool.query('select events from webhooks where url = $1', [url]);
    expect(rows).toEqual([{ events: '["sensor.reading","experiment.started"]' }]);
  });

  test('shows a generated secret once, and on stderr only', async () => {
    const url = freshUrl();
    const { stdout, stderr } = await site.run(`webhooks create ${url} --type sensor.reading --generate-secret`);
    const secret = await secretOf(url);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect([stdout.includes(secret), stderr.includes(secret)]).toEqual([false, true]);
  });

  test('reads a secret from the first line of a file, or from the environment', async () => {
    using directory = temporaryDirectory();
    const [one, other, file] = [freshUrl(), freshUrl(), join(directory.path, 'secret')];
    writeFileSync(file, `${SECRET}\nnot this\n`);
    const env = { WEBMACS_WEBHOOK_SECRET: 'from outside' };
    await site.run(['webhooks', 'create', one, '--type', 'sensor.reading', '--secret-file', file], { env });
    await site.run(`webhooks create ${other} --type sensor.reading`, { env });
    expect([await secretOf(one), await secretOf(other)]).toEqual([SECRET, 'from outside']);
  });

  test('refuses an existing URL with 4, and keeps it with --if-not-exists', async () => {
    const { url, publicId } = await aWebhook(site);
    const line = `webhooks create ${url} --type sensor.reading`;
    const refused = await site.run(`${line} --json`);
    expect([refused.code, JSON.parse(refused.stderr).error.kind]).toEqual([4, 'conflict']);
    const { code, stdout } = await site.run(`${line} --if-not-exists`);
    expect([code, stdout]).toEqual([0, `${publicId}\n`]);
  });

  test('gives a URL to only one of several concurrent commands', async () => {
    const line = `webhooks create ${freshUrl()} --type sensor.reading`;
    const codes = (await Promise.all([1, 2, 3].map(() => site.run(line)))).map(({ code }) => code);
    expect(codes.sort()).toEqual([0, 4, 4]);
  });

  test('notes that what is signed can be read over plain HTTP', async () => {
    const line = `--type sensor.reading --generate-secret`;
    const plain = await site.run(`webhooks create http://lab.invalid/plain ${line}`);
    const secure = await site.run(`webhooks create ${freshUrl()} ${line}`);
    expect([plain.code, plain.stderr]).toEqual([0, expect.stringContaining('signed but not encrypted')]);
    expect(secure.stderr).not.toContain('signed but not encrypted');
  });

  test.each([
    ['another scheme', ['ftp://lab.org/', '--type', 'sensor.reading'], 'must start with https:// or http://'],
    ['a URL without a host', ['https://', '--type', 'sensor.reading'], 'is not a valid URL'],
    ['a blank in the URL', ['https://lab.org/a b', '--type', 'sensor.reading'], 'is not a valid URL'],
    ['a long URL', [`https://lab.org/${'x'.repeat(2033)}`, '--type', 'sensor.reading'], 'the maximum is 2048'],
    ['an unknown event type', ['https://lab.org/', '--type', 'sensor.raeding'], 'sensor.threshold_exceeded, sensor.'],
    ['no event type', ['https://lab.org/'], 'Missing: --type.'],
    [
      'two ways to give a secret',
      ['https://lab.org/', '--type', 'sensor.reading', '--generate-secret', '--secret-stdin'],
      'more than one way',
    ],
  ])('refuses %s', async (_what, words, complaint) => {
    const { code, stdout, stderr } = await site.run(['webhooks', 'create', ...words]);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(complaint)]);
  });

  test.each([
    ['empty', '\n'],
    ['too long', `${'x'.repeat(256)}\n`],
  ])('refuses a secret that is %s, and does not print it', async (_what, input) => {
    const line = `webhooks create ${freshUrl()} --type sensor.reading --secret-stdin`;
    const { code, stderr } = await site.run(line, { input });
    expect([code, stderr.includes('xxx')]).toEqual([2, false]);
  });

  test('takes the longest URL and the longest secret that fit', async () => {
    const url = `https://lab.org/${'x'.repeat(2032)}`;
    const input = 'ä'.repeat(255);
    const { code } = await site.run(['webhooks', 'create', url, '--type', 'sensor.reading', '--secret-stdin'], {
      input,
    });
    expect([code, await secretOf(url)]).toEqual([0, input]);
  });

  test('refuses a password in the URL, and does not print it', async () => {
    for (const more of [[], ['--if-not-exists'], ['--json']]) {
      const words = ['webhooks', 'create', 'https://me:hidden@lab.org/', '--type', 'sensor.reading', ...more];
      const { code, stdout, stderr } = await site.run(words);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).not.toContain('hidden');
    }
  });

  test('a missing secret file exits 3', async () => {
    expect((await site.run(`webhooks create ${freshUrl()} --type sensor.reading --secret-file /nowhere`)).code).toBe(3);
  });

  test('on a terminal offers the event types, of which several can be taken, and a secret', async () => {
    const url = freshUrl();
    const { code, output } = await onTerminal(`webhooks create ${url}`, { NO_COLOR: '1', DATABASE_URL: site.url }, [
      ['Which types?', ' \u001b[B \r'],
      ['Sign deliveries?', '\r'],
      ['Create webhook', '\r'],
    ]);
    expect([code, output]).toEqual([0, expect.stringContaining(await secretOf(url))]);
    const { stdout } = await site.run(`webhooks show ${url} --json`);
    expect(JSON.parse(stdout).events).toEqual(['sensor.threshold_exceeded', 'sensor.reading']);
  });
});

describe('webhooks list and show', () => {
  test('list narrows by event type and use', async () => {
    const owner = (await aUser(site)).publicId;
    const health = await aWebhook(site, { events: ['system.health_changed'], owner });
    const off = await aWebhook(site, { events: ['system.health_changed'], enabled: false, owner });
    const urls = async (line: string) =>
      JSON.parse((await site.run(`webhooks list --json ${line}`)).stdout).map(({ url }: { url: string }) => url);
    expect(await urls('--type system.health_changed')).toEqual([health.url, off.url]);
    expect(await urls('--type system.health_changed --enabled')).toEqual([health.url]);
    expect(await urls('--type system.health_changed --disabled')).toEqual([off.url]);
    expect((await site.run('webhooks list --type none')).code).toBe(2);
  });

  test('a secret is shown by --show-secret alone', async () => {
    const { publicId } = await aWebhook(site, { secret: SECRET });
    for (const line of ['list', 'list --json', 'list --format csv', `show ${publicId}`, `show ${publicId} --json`]) {
      const { stdout, stderr } = await site.run(`webhooks ${line}`);
      expect(stdout + stderr).not.toContain(SECRET);
    }
    const { stdout } = await site.run(`webhooks show ${publicId} --show-secret --json`);
    expect(JSON.parse(stdout).secret).toBe(SECRET);
  });

  test('a password in a URL that the server took is masked everywhere', async () => {
    const { publicId } = await aWebhook(site, { url: 'http://me:hidden@127.0.0.1:9/masked' });
    for (const line of [
      'list --json',
      `show ${publicId}`,
      `disable ${publicId}`,
      `update ${publicId} --type sensor.reading --json`,
      `test ${publicId} --retries 0`,
      `test ${publicId} --retries 0 --json`,
      `deliveries ${publicId} --json`,
      `delete ${publicId} --dry-run --json`,
      `delete ${publicId} --yes`,
    ]) {
      const { stdout, stderr } = await site.run(`webhooks ${line}`);
      expect(stdout + stderr).toContain('***@127.0.0.1:9/masked');
      expect(stdout + stderr).not.toContain('hidden');
    }
  });

  test('a missing one exits 3', async () => {
    for (const verb of ['show', 'update', 'enable', 'delete', 'secret', 'test', 'deliveries']) {
      const more = { update: ' --type sensor.reading', secret: ' --rotate' }[verb] ?? '';
      expect((await site.run(`webhooks ${verb} https://not.there/${more}`)).code).toBe(3);
    }
  });
});
