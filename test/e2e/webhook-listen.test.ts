import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { TestHost } from '../support/host.ts';
import { startWebmacs, temporaryDirectory, webmacs } from '../support/program.ts';
import { aReceiver } from '../support/receiver.ts';
import { running } from '../support/running.ts';
import { aSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { aWebhook } from '../support/webhook.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const SECRET = 'not for anybody to see';
const BODY = '{"type":"sensor.reading","value":1}';
/** Nothing here may use a database. */
const env = { DATABASE_URL: 'postgresql://127.0.0.1:1/none' };

interface Listener extends AsyncDisposable {
  url: string;
  /** The next line that it prints, parsed. */
  next(): Promise<Record<string, unknown>>;
}

/** Starts the program, listening on a free port, with JSON output. */
async function aListener(words: string[] = [], secret?: string): Promise<Listener> {
  const own = ['webhooks', 'listen', '--port', '0', '--json', ...words, ...(secret ? ['--secret-stdin'] : [])];
  const listener = running(own, new TestHost({ env, input: secret ?? '' }));
  let read = 0;
  const next = async () => JSON.parse((await listener.lines(++read))[read - 1] ?? '');
  const { listening } = await next();
  return { url: listening, next, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}

const signatureOf = (time: string, body = BODY) => createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
const now = () => String(Math.floor(Date.now() / 1000));

async function post(url: string, headers: Record<string, string> = {}, body = BODY): Promise<number> {
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

function signed(time = now()): Record<string, string> {
  return { 'X-Webhook-Timestamp': time, 'X-Webhook-Signature': signatureOf(time) };
}

describe('webhooks listen', () => {
  test('verifies and prints what webhooks test sends', async () => {
    await using listener = await aListener([], SECRET);
    const { url } = await aWebhook(site, { url: `${listener.url}hook`, secret: SECRET });
    const { code } = await site.run(`webhooks test ${url} --value 2`);
    expect(code).toBe(0);
    expect(await listener.next()).toMatchObject({
      method: 'POST',
      path: '/hook',
      event_type: 'sensor.reading',
      body: expect.stringContaining('"value": 2.0}'),
      signature: 'right',
      problem: null,
      forwarded: null,
      answered: 200,
    });
  });

  test.each([
    ['with a changed signature', { ...signed(), 'X-Webhook-Signature': signatureOf('1') }, 'wrong', 401],
    ['without one', {}, 'missing', 401],
    ['that is too old', signed('1767225600'), 'expired', 401],
    ['that is right', signed(), 'right', 200],
  ])('answers a delivery %s', async (_what, headers, signature, status) => {
    await using listener = await aListener([], SECRET);
    expect(await post(listener.url, headers)).toBe(status);
    expect(await listener.next()).toMatchObject({ signature, answered: status });
  });

  test('without a secret accepts everything, and reports that it is not verified', async () => {
    await using listener = await aListener();
    expect(await post(listener.url, {}, 'no JSON')).toBe(200);
    expect(await listener.next()).toMatchObject({ signature: 'not_checked', body: 'no JSON', event_type: null });
  });

  test('refuses other methods than POST, and a body of more than 1 MB', async () => {
    await using listener = await aListener();
    expect((await fetch(listener.url)).status).toBe(405);
    expect(await listener.next()).toMatchObject({ method: 'GET', answered: 405 });
    const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n');
    socket.write(Buffer.alloc(1_100_000));
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await listener.next()).toMatchObject({ answered: 413, body: null });
  });

  test('escapes control characters, and does not print the secret', async () => {
    const words = ['webhooks', 'listen', '--port', '0', '--secret-stdin'];
    await using listener = running(words, new TestHost({ env, input: SECRET }));
    await until(() => listener.stderr().includes('http://127.0.0.1:'));
    const url = /http:\S+/.exec(listener.stderr())?.[0] ?? '';
    await post(url, {}, '{"type":"x\u001b[2J"}\u001b[31m');
    await listener.lines(3);
    const { code, stdout, stderr } = await listener.interrupt();
    const output = stdout + stderr;
    expect([code, output.includes('\u001b'), output.includes(SECRET)]).toEqual([0, false, false]);
    expect(stdout).toContain('\\x1b[31m');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 on %s, and its port is free again', async (signal) => {
    const child = startWebmacs(['webhooks', 'listen', '--port', '0', '--json'], { env });
    const [line] = await once(child.stdout ?? child, 'data');
    child.kill(signal);
    expect((await once(child, 'close'))[0]).toBe(0);
    await expect(fetch(JSON.parse(String(line)).listening)).rejects.toThrow();
  });

  test('exits 4 if the port is in use, 2 if it is invalid', async () => {
    await using listener = await aListener();
    const { port } = new URL(listener.url);
    const taken = await webmacs(['webhooks', 'listen', '--port', port], { env });
    expect([taken.code, taken.stderr]).toEqual([4, expect.stringContaining(`Port ${port} is already in use`)]);
    expect((await webmacs(['webhooks', 'listen', '--port', '99999'], { env })).code).toBe(2);
    expect((await webmacs(['webhooks', 'listen', '--forward-to', 'ftp://x'], { env })).code).toBe(2);
  });
});

describe('webhooks listen --forward-to', () => {
  test('forwards the same bytes and signature, and returns the answer', async () => {
    await using onward = await aReceiver((response) =>
      response.writeHead(202, { 'content-type': 'text/x' }).end('later'),
    );
    await using listener = await aListener(['--forward-to', onward.url], SECRET);
    const signature = signed();
    const headers = { ...signature, Connection: 'keep-alive, x-hop', 'X-Hop': 'here only', 'X-Far': 'all the way' };
    const response = await rawPost(listener.url, headers);
    expect(response).toMatch(/^HTTP\/1\.1 202 [\s\S]*content-type: text\/x[\s\S]*later/);
    expect(await listener.next()).toMatchObject({ forwarded: { url: onward.url, status: 202 }, answered: 202 });
    const [taken] = onward.taken;
    expect(String(taken?.body)).toBe(BODY);
    expect(taken?.headers).toMatchObject({ 'x-far': 'all the way', host: new URL(onward.url).host });
    expect(taken?.headers['x-webhook-signature']).toBe(signature['X-Webhook-Signature']);
    expect(taken?.headers).not.toHaveProperty('x-hop');
  });

  test('forwards only valid deliveries', async () => {
    await using onward = await aReceiver();
    await using listener = await aListener(['--forward-to', onward.url], SECRET);
    expect(await post(listener.url)).toBe(401);
    expect(onward.taken).toEqual([]);
  });

  test('answers 502 if the target does not answer, and reports why', async () => {
    await using listener = await aListener(['--forward-to', 'http://127.0.0.1:2/']);
    expect(await post(listener.url)).toBe(502);
    const forwarded = { status: null, problem: expect.stringContaining('refused the connection') };
    expect(await listener.next()).toMatchObject({ forwarded, answered: 502 });
  });

  test('detects a forwarding loop', async () => {
    let back = '';
    await using round = await aReceiver(async (response, { headers, body }) => {
      const onward = await fetch(back, { method: 'POST', headers: { via: String(headers.via) }, body });
      response.writeHead(onward.status).end();
    });
    await using listener = await aListener(['--forward-to', round.url]);
    back = listener.url;
    expect(await post(listener.url)).toBe(508);
    expect(round.taken.length).toBe(1);
  });
});

/** A POST with headers that fetch would not send. */
async function rawPost(url: string, headers: Record<string, string>): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  const lines = Object.entries({ Host: 'x', 'Content-Length': String(BODY.length), ...headers });
  socket.write(`POST / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${BODY}`);
  let answer = '';
  for await (const chunk of socket) {
    answer += chunk;
    if (answer.includes('later')) {
      break;
    }
  }
  return answer;
}

describe('webhooks verify', () => {
  const verifying = async (more: string[], input = SECRET, body = BODY) => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'body');
    writeFileSync(file, body);
    return await webmacs(['webhooks', 'verify', '--secret-stdin', ...more, file], { env, input });
  };
  const TIME = '1767225600';
  const given = ['--timestamp', TIME, '--signature', signatureOf(TIME)];

  test('exits 0 for a valid signature', async () => {
    expect(await verifying(given)).toEqual({ code: 0, stdout: '', stderr: '✓ The signature is valid.\n' });
    const { stdout } = await verifying([...given, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ signature: 'right', signed: `${TIME}.${BODY}` });
  });

  test.each([
    ['byte', given, SECRET, `${BODY} `],
    ['secret', given, 'another secret', BODY],
    ['time', ['--timestamp', '1767225601', '--signature', signatureOf(TIME)], SECRET, BODY],
  ])('exits 6 for another %s, and prints the signed text', async (_what, options, secret, body) => {
    const { code, stdout, stderr } = await verifying(options, secret, body);
    expect([code, stderr]).toEqual([6, expect.stringContaining('The signature does not match.')]);
    expect(stdout).toContain(`signed:   ${options[1]}.${body}\n`);
    expect(stdout + stderr).not.toContain(secret);
  });

  test('respects --tolerance', async () => {
    const { code, stderr } = await verifying([...given, '--tolerance', '5m']);
    expect([code, stderr]).toEqual([6, expect.stringContaining('the tolerance is 300 s')]);
    const time = now();
    const fresh = ['--timestamp', time, '--signature', signatureOf(time), '--tolerance', '5m'];
    expect((await verifying(fresh)).code).toBe(0);
  });

  test('reads the body from standard input, and the secret from a file or the environment', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'secret');
    writeFileSync(file, `${SECRET}\n`);
    const words = ['webhooks', 'verify', ...given, '-'];
    expect((await webmacs([...words, '--secret-file', file], { env, input: BODY })).code).toBe(0);
    expect((await webmacs(words, { env: { ...env, WEBMACS_WEBHOOK_SECRET: SECRET }, input: BODY })).code).toBe(0);
  });

  test.each([
    ['no secret', [...given, '/dev/null'], 2, 'Missing: the secret.'],
    ['standard input for both', [...given, '--secret-stdin', '-'], 2, 'cannot be both'],
    ['no signature', ['--timestamp', TIME, '--secret-stdin', '/dev/null'], 2, 'Missing: --signature.'],
    ['an invalid time', ['--timestamp', 'now', '--signature', 'x', '--secret-stdin', '/dev/null'], 2, 'unix seconds'],
    ['a missing file', [...given, '--secret-stdin', '/nowhere'], 3, '/nowhere'],
  ])('refuses %s', async (_what, words, expected, complaint) => {
    const { code, stderr } = await webmacs(['webhooks', 'verify', ...words], { env, input: SECRET });
    expect([code, stderr]).toEqual([expected, expect.stringContaining(complaint)]);
  });
});
