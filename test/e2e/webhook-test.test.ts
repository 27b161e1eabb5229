import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { accepts, aReceiver } from '../support/receiver.ts';
import { anEvent, aSite, aUser } from '../support/site.ts';
import { aWebhook, deliveriesOf } from '../support/webhook.ts';
import { EXPIRED, ISSUER, KEY, SELF_SIGNED, TRUSTED, WRONG_HOST } from '../webhooks/certificates.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const owner = (await aUser(site, { username: 'root', admin: true })).publicId;
const SECRET = 'not for anybody to see';
const BED = '3f2b8c1e-7d4a-4c0b-9a52-6b1f0e8d2c33';
await anEvent(site, { name: 'Bed', publicId: BED, owner });

test('webhooks test prints what was sent and signed, and the answer, but not the secret', async () => {
  await using receiver = await aReceiver((response) =>
    response.writeHead(200, { 'x-lab': 'yes' }).end('thanks\n\u001b[31mred'),
  );
  const { url, id } = await aWebhook(site, { url: receiver.url, secret: SECRET, owner });
  const { code, stdout, stderr } = await site.run(['webhooks', 'test', url, '--event', 'Bed', '--value', '17.5']);
  expect(code).toBe(0);
  const [taken] = receiver.taken;
  const time = taken?.headers['x-webhook-timestamp'];
  for (const text of [
    '200 OK, first byte after ',
    ' ms total',
    `signed:    ${time}.${taken?.body}`,
    `signature: ${taken?.headers['x-webhook-signature']}`,
    '< x-lab: yes',
    '  thanks\n  \\x1b[31mred\n',
  ]) {
    expect(stdout).toContain(text);
  }
  expect(stderr).toContain(`sensor.reading to ${url}`);
  expect(stderr).toContain('signed but not encrypted');
  expect(stdout + stderr).not.toContain(SECRET);
  expect(JSON.parse(String(taken?.body))).toEqual({
    type: 'sensor.reading',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
    sensor: BED,
    value: 17.5,
  });
  expect(taken && accepts(SECRET, taken)).toBe(true);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'delivered', payload: String(taken?.body) }]);
});

test('webhooks test --event of an unknown event exits 3, and of a type without one 2; both send nothing', async () => {
  await using receiver = await aReceiver();
  const { url, id } = await aWebhook(site, { url: receiver.url, owner });
  expect((await site.run(`webhooks test ${url} --event Nowhere`)).code).toBe(3);
  const { code, stderr } = await site.run(`webhooks test ${url} --event Bed --type experiment.started`);
  expect([code, stderr]).toEqual([2, expect.stringContaining('has no sensor')]);
  expect([receiver.taken, await deliveriesOf(site, id)]).toEqual([[], []]);
});

const SAMPLE = { sensor: expect.stringMatching(/^[0-9a-f-]{36}$/), value: 12.5 };

test.each([
  ['sensor.threshold_exceeded', { ...SAMPLE, threshold: 12.5 }],
  ['sensor.reading', SAMPLE],
  ['experiment.started', { experiment: 'Sample experiment' }],
  ['experiment.stopped', { experiment: 'Sample experiment' }],
  ['system.health_changed', { ...SAMPLE, threshold: 12.5 }],
])('webhooks test --type %s sends a sample of it', async (type, sample) => {
  await using receiver = await aReceiver();
  const { url } = await aWebhook(site, { url: receiver.url, events: ['sensor.reading'], owner });
  const { code, stdout } = await site.run(`webhooks test ${url} --type ${type} --json`);
  expect(code).toBe(0);
  expect(JSON.parse(String(receiver.taken[0]?.body))).toMatchObject({ type, time: expect.any(String), ...sample });
  const subscribed = type === 'sensor.reading';
  expect(JSON.parse(stdout).notes.join()).toEqual(
    subscribed ? '' : expect.stringContaining('would not send this to it'),
  );
});

test('webhooks test --json has every attempt whole, and not the secret', async () => {
  await using receiver = await aReceiver((response) => response.writeHead(503, { 'retry-after': '9' }).end(SECRET));
  const { url, publicId } = await aWebhook(site, { url: receiver.url, secret: SECRET, owner });
  const { code, stdout, stderr } = await site.run(`webhooks test ${url} --retries 1 --json`);
  expect(code).toBe(6);
  expect(stdout + stderr).not.toContain(SECRET);
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({
    webhook: url,
    webhook_public_id: publicId,
    status: 'dead_letter',
    attempts: 2,
    response_code: 503,
    tries: [{ attempt: 1 }, { attempt: 2 }],
  });
  expect(answer.tries[1]).toMatchObject({
    signed: `${receiver.taken[1]?.headers['x-webhook-timestamp']}.${receiver.taken[1]?.body}`,
    signature: receiver.taken[1]?.headers['x-webhook-signature'],
    response_headers: expect.arrayContaining([{ name: 'retry-after', value: '9' }]),
    response_body: '***',
    error: { kind: 'status', message: 'The receiver answered 503 Service Unavailable: "***"' },
  });
  expect(JSON.parse(stderr)).toMatchObject({ error: { kind: 'check_failed', exit_code: 6 } });
});

describe('webhooks test --payload', () => {
  test('sends a file byte for byte, and records it so', async () => {
    using directory = temporaryDirectory();
    await using receiver = await aReceiver();
    const { url, id } = await aWebhook(site, { url: receiver.url, secret: SECRET, owner });
    const body = '{ "type": "experiment.started",\r\n  "größe": 1.50 }\n';
    const file = join(directory.path, 'body.json');
    writeFileSync(file, body);
    expect((await site.run(`webhooks test ${url} --payload ${file}`)).code).toBe(0);
    expect((await site.run(`webhooks test ${url} --payload -`, { input: body })).code).toBe(0);
    expect(receiver.taken.map((taken) => [String(taken.body), accepts(SECRET, taken)])).toEqual([
      [body, true],
      [body, true],
    ]);
    expect((await deliveriesOf(site, id)).map(({ payload }) => payload)).toEqual([body, body]);
  });

  test.each([
    ['invalid JSON', 'type: x', '', 'is not valid JSON'],
    ['a value that is not an object', '[]', '', 'is not a JSON object'],
    ['what has no type', '{}', '', '--type'],
    [
      'another type than --type',
      '{"type":"sensor.reading"}',
      ' --type experiment.started',
      'has the type "sensor.reading"',
    ],
    ['an unknown type', '{"type":"lunch"}', '', 'lunch'],
    ['more than 1 MB', `"${'x'.repeat(1_000_000)}"`, '', 'at most 1000000 bytes'],
    ['what --value would change', '{"type":"sensor.reading"}', ' --value 1', '--value'],
  ])('refuses %s, and sends nothing', async (_what, input, more, complaint) => {
    await using receiver = await aReceiver();
    const { url, id } = await aWebhook(site, { url: receiver.url, owner });
    const { code, stderr } = await site.run(`webhooks test ${url} --payload -${more}`, { input });
    expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
    expect([receiver.taken, await deliveriesOf(site, id)]).toEqual([[], []]);
  });

  test('a missing file exits 3', async () => {
    const { url } = await aWebhook(site, { owner });
    expect((await site.run(`webhooks test ${url} --payload /nowhere.json`)).code).toBe(3);
  });
});

test.each([
  ['no webhook', '', 'WEBHOOK or --all'],
  ['a webhook and --all', 'https://lab.org/ --all', 'one webhook or --all'],
  ['--all without a type', '--all', 'Missing: --type'],
  ['a value that is not a number', 'URL --value warm', '"warm" is not a valid number'],
  ['an invalid timeout', 'URL --timeout soon', '--timeout'],
  ['a timeout of zero', 'URL --timeout 0s', 'between one second'],
  ['too many retries', 'URL --retries 99', 'The maximum is 10'],
  ['an unknown type', 'URL --type lunch', 'sensor.threshold_exceeded'],
])('webhooks test with %s is refused', async (_what, words, complaint) => {
  const { url } = await aWebhook(site, { owner });
  const { code, stdout, stderr } = await site.run(`webhooks test ${words.replace('URL', url)}`.trim());
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(complaint)]);
});

describe('a certificate', () => {
  const failing = async (cert: string, more = '', trust = true) => {
    using directory = temporaryDirectory();
    const issuer = join(directory.path, 'ca.pem');
    writeFileSync(issuer, ISSUER);
    await using receiver = await aReceiver(undefined, { cert, key: KEY });
    const { url } = await aWebhook(site, { url: receiver.url, owner });
    // Node reads NODE_EXTRA_CA_CERTS when a process starts.
    const run = await site.runStarted(`webhooks test ${url} --retries 0${more}`, {
      env: trust ? { NODE_EXTRA_CA_CERTS: issuer } : {},
    });
    return { ...run, taken: receiver.taken.length };
  };

  test('of a trusted issuer is taken', async () => {
    expect(await failing(TRUSTED)).toMatchObject({ code: 0, taken: 1 });
  });

  test.each([
    ['that has expired', EXPIRED, 'has expired.'],
    ['for another host', WRONG_HOST, 'is for another host: other.example.'],
    ['that is self-signed', SELF_SIGNED, 'is self-signed.'],
  ])('%s is refused with a sentence, unless --insecure is given', async (_what, cert, sentence) => {
    const { code, stderr, taken } = await failing(cert);
    expect([code, taken, stderr]).toEqual([6, 0, expect.stringContaining(sentence)]);
    expect(stderr).toContain('--insecure');
    const anyway = await failing(cert, ' --insecure --quiet');
    expect(anyway).toMatchObject({
      code: 0,
      taken: 1,
      stderr: expect.stringContaining('certificates are not verified'),
    });
  });

  test('of an unknown issuer is refused, with a hint how to trust it', async () => {
    const { code, stderr, taken } = await failing(TRUSTED, '', false);
    expect([code, taken, stderr]).toEqual([6, 0, expect.stringContaining('was issued by an unknown authority.')]);
    expect(stderr).toContain('NODE_EXTRA_CA_CERTS');
  });

  test('is missing if the server speaks plain HTTP', async () => {
    await using receiver = await aReceiver();
    const { url } = await aWebhook(site, { url: receiver.url.replace('http:', 'https:'), owner });
    const { code, stderr } = await site.run(`webhooks test ${url} --retries 0`);
    expect([code, stderr]).toEqual([6, expect.stringContaining('does not speak TLS')]);
  });
});

test('the proxy variables of the environment are used', async () => {
  await using proxy = await aReceiver();
  const { url } = await aWebhook(site, { url: 'http://lab.invalid/through-a-proxy', owner });
  const { code, stdout } = await site.run(`webhooks test ${url}`, { env: { http_proxy: new URL(proxy.url).origin } });
  expect([code, proxy.taken[0]?.url]).toEqual([0, url]);
  expect(stdout).toContain(`through the proxy ${new URL(proxy.url).origin}`);
});

test('a kill in the middle leaves the row pending, with its attempts counted, and redeliver completes it', async () => {
  let arrived = () => {};
  const arrival = new Promise<void>((done) => {
    arrived = done;
  });
  let silent = true;
  await using receiver = await aReceiver((response) => (silent ? arrived() : response.end()));
  const { url, id } = await aWebhook(site, { url: receiver.url, owner });
  const child = site.start(`webhooks test ${url} --timeout 1h`);
  const ended = new Promise((done) => child.once('close', done));
  await arrival;
  child.kill('SIGKILL');
  await ended;
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'pending', attempts: 1, last_error: null }]);
  silent = false;
  const { rows } = await site.pool.query('select public_id from webhook_deliveries where webhook_id = $1', [id]);
  expect((await site.run(`webhooks redeliver ${rows[0].public_id}`)).code).toBe(0);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
});

test('Ctrl-C in the middle exits 130, and leaves the row pending too', async () => {
  let arrived = () => {};
  const arrival = new Promise<void>((done) => {
    arrived = done;
  });
  await using receiver = await aReceiver(() => arrived());
  const { url, id } = await aWebhook(site, { url: receiver.url, owner });
  const child = site.start(`webhooks test ${url}`);
  const ended = new Promise((done) => child.once('close', done));
  const stderr = child.stderr ? text(child.stderr) : '';
  await arrival;
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(await stderr).toMatch(/error: Interrupted. The delivery is still pending: webmacs webhooks redeliver /);
  expect(await deliveriesOf(site, id)).toMatchObject([{ status: 'pending', attempts: 1 }]);
});
