import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { proxyFor } from '../../src/webhooks/proxy.ts';
import { send } from '../../src/webhooks/send.ts';
import { aReceiver, onLoopback } from '../support/receiver.ts';
import { KEY, TRUSTED } from './certificates.ts';

const PROXIES = { http_proxy: 'http://plain:1', HTTPS_PROXY: 'secure:2' };

test.each([
  ['http://lab.org/', {}, 'plain:1'],
  ['https://lab.org/', {}, 'secure:2'],
  ['https://lab.org/', { NO_PROXY: 'lab.org' }, undefined],
  ['https://a.lab.org/', { NO_PROXY: 'other.org, .lab.org' }, undefined],
  ['https://alab.org/', { NO_PROXY: 'lab.org' }, 'secure:2'],
  ['https://lab.org:8443/', { NO_PROXY: 'lab.org:443' }, 'secure:2'],
  ['https://lab.org/', { NO_PROXY: 'lab.org:443' }, undefined],
  ['http://[::1]:80/', { NO_PROXY: '::1' }, undefined],
  ['http://[::1]:8080/', { no_proxy: '[::1]:8080' }, undefined],
  ['http://lab.org/', { no_proxy: '*' }, undefined],
  ['http://lab.org/', { no_proxy: '', NO_PROXY: '*' }, undefined],
  ['http://lab.org/', { http_proxy: '', ALL_PROXY: 'http://any:3' }, 'any:3'],
  ['http://lab.org/', { all_proxy: 'http://any:3' }, 'plain:1'],
  ['http://10.1.2.3/', { NO_PROXY: '10.0.0.0/8' }, undefined],
  ['http://10.1.2.3:8080/', { NO_PROXY: '192.168.0.0/16,10.1.2.0/24:80' }, 'plain:1'],
  ['http://11.1.2.3/', { NO_PROXY: '10.0.0.0/8, 11.0.0.0/99, lab/8' }, 'plain:1'],
  ['http://[fd00::1]/', { NO_PROXY: 'fd00::/8' }, undefined],
])('%s with %j goes through %s', (url, more, expected) => {
  expect(proxyFor(new URL(url), { ...PROXIES, ...more })?.host).toBe(expected);
});

test('a variable that is not the URL of an HTTP proxy is refused, and not printed', () => {
  expect(() => proxyFor(new URL('http://lab.org/'), { http_proxy: 'socks5://me:hidden@host' })).toThrow(
    /^HTTP_PROXY is not the URL of an HTTP proxy\.$/,
  );
});

/** A proxy that writes down what it is asked for; tunnels are opened to this host only, or refused with a status. */
async function aProxy(refusal?: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    response.end('from the proxy');
  });
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(`CONNECT ${url}`);
    if (refusal) {
      return socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
    }
    const onward = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) {
      end.on('error', () => {});
    }
  });
  const { port, dispose } = await onLoopback(server);
  return { asked, host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: dispose };
}

const through = async (url: string, environment: Record<string, string>, insecure = false) =>
  await send(
    { url, headers: {}, body: Buffer.from('{}') },
    { environment, insecure, timeoutSeconds: 10, maxBodyBytes: 2048, signal: new AbortController().signal },
  );

test('plain HTTP is sent to the proxy, with its login', async () => {
  await using proxy = await aProxy();
  const { answer, proxy: named } = await through('http://lab.invalid/hook', {
    HTTP_PROXY: `http://me:pw@${proxy.host}`,
  });
  expect(answer?.body.toString()).toBe('from the proxy');
  expect(answer?.status).toBe('200 OK');
  expect(proxy.asked).toEqual([`POST http://lab.invalid/hook Basic ${Buffer.from('me:pw').toString('base64')}`]);
  expect(named).toBe(`http://${proxy.host}`);
});

test('a proxy that requires a login for plain HTTP is reported', async () => {
  const server = createServer((_request, response) => response.writeHead(407).end());
  const { port, dispose } = await onLoopback(server);
  const { failure } = await through('http://lab.invalid/hook', { HTTP_PROXY: `127.0.0.1:${port}` });
  await dispose();
  expect(failure).toMatchObject({ kind: 'proxy', hint: expect.stringContaining('HTTP_PROXY=') });
});

test('HTTPS goes through a tunnel, in which the certificate is checked', async () => {
  await using receiver = await aReceiver(undefined, { cert: TRUSTED, key: KEY });
  await using proxy = await aProxy();
  const environment = { HTTPS_PROXY: proxy.host };
  expect((await through(receiver.url, environment)).failure?.kind).toBe('tls_untrusted');
  expect((await through(receiver.url, environment, true)).answer?.code).toBe(200);
  const tunnel = `CONNECT ${new URL(receiver.url).host}`;
  expect(proxy.asked).toEqual([tunnel, tunnel]);
});

test.each(['403 Forbidden', '407 Proxy Authentication Required'])(
  'a tunnel refused with %s is reported',
  async (status) => {
    await using proxy = await aProxy(status);
    const { failure } = await through('https://lab.invalid/hook', { HTTPS_PROXY: proxy.host });
    expect(failure).toMatchObject({
      kind: 'proxy',
      message: `The proxy ${proxy.host} does not allow requests to lab.invalid: it answered ${status.slice(0, 3)}.`,
    });
  },
);

test('a proxy that hangs up is asked once', async () => {
  let connections = 0;
  const server = createServer().on('connection', (socket) => {
    connections++;
    socket.on('error', () => {}).once('data', () => socket.destroy());
  });
  const { port, dispose } = await onLoopback(server);
  const { failure } = await through('https://lab.invalid/hook', { HTTPS_PROXY: `127.0.0.1:${port}` });
  await dispose();
  expect([failure?.kind, connections]).toEqual(['reset', 1]);
});

test('an unreachable proxy is named in the error', async () => {
  const { failure } = await through('https://lab.invalid/hook', { HTTPS_PROXY: 'http://127.0.0.1:2' });
  expect(failure?.message).toBe('The proxy 127.0.0.1:2 refused the connection: nothing is listening there.');
});
