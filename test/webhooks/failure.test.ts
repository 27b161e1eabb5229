import { expect, test } from 'vitest';
import { failureOfRequest, failureOfStatus } from '../../src/webhooks/failure.ts';

/** What the system and servers elsewhere answer; what a server here can be made to is in `test/e2e/webhook-test.test.ts`. */
const url = new URL('https://hooks.lab.org:8443/in');
const direct = { url, proxy: undefined, timeoutSeconds: 3 };
const throughProxy = { ...direct, proxy: new URL('http://proxy.lab.org:3128') };

/** An error as fetch throws it: the one of the connection is its cause. */
function fetchError(code: string, message = 'the reason'): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}

test.each([
  ['CERT_HAS_EXPIRED', 'tls_expired', true],
  ['CERT_NOT_YET_VALID', 'tls_not_yet_valid', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_wrong_host', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_self_signed', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_untrusted', true],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls_untrusted', true],
  ['EPROTO', 'tls', false],
  ['CERT_REVOKED', 'tls', false],
  ['ENOTFOUND', 'dns', false],
  ['EAI_AGAIN', 'dns', false],
  ['ECONNREFUSED', 'refused', false],
  ['EHOSTUNREACH', 'unreachable', false],
  ['ENETUNREACH', 'unreachable', false],
  ['ECONNRESET', 'reset', false],
  ['UND_ERR_SOCKET', 'reset', false],
  ['ETIMEDOUT', 'timeout', false],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout', false],
  ['HPE_INVALID_CONSTANT', 'protocol', false],
  ['UND_ERR_HEADERS_OVERFLOW', 'protocol', false],
  ['EWHAT', 'network', false],
])('%s is of the kind %s, names the host, and speaks of --insecure only where that helps', (code, kind, insecure) => {
  const failure = failureOfRequest(fetchError(code), direct);
  expect([failure.kind, failure.hint?.includes('--insecure') ?? false]).toEqual([kind, insecure]);
  expect(failure.message).toContain('hooks.lab.org');
});

test('a certificate for another host says for which', () => {
  const cause = Object.assign(new Error('mismatch'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    cert: { subjectaltname: 'DNS:a.lab.org, IP Address:10.0.0.1' },
  });
  expect(failureOfRequest(cause, direct).message).toContain('a.lab.org, 10.0.0.1');
});

test('a port without TLS is told from TLS that fails', () => {
  const [plain, failed] = ['SSL routines:wrong version number:x', 'SSL routines:tls_process:handshake failure:'].map(
    (message) => failureOfRequest(fetchError('EPROTO', message), direct).message,
  );
  expect([plain?.includes('http://'), failed?.includes('handshake failure')]).toEqual([true, true]);
});

test.each(['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET'])('%s on the way to a proxy names the proxy', (code) => {
  const { message } = failureOfRequest(fetchError(code), throughProxy);
  expect([message.includes('proxy.lab.org'), message.includes('hooks.lab.org')]).toEqual([true, false]);
});

test('ECONNRESET behind a tunnel names the host', () => {
  const { message } = failureOfRequest(fetchError('ECONNRESET'), { ...throughProxy, tunnelStatus: 200 });
  expect(message).toContain('hooks.lab.org');
});

test.each([
  [403, undefined],
  [407, expect.stringContaining('HTTPS_PROXY=')],
])('a proxy that answers %i is told apart, with how to log in where that is missing', (tunnelStatus, hint) => {
  const failure = failureOfRequest(fetchError('UND_ERR_ABORTED'), { ...throughProxy, tunnelStatus });
  expect([failure.kind, failure.hint]).toEqual(['proxy', hint]);
  expect(failure.message).toContain(String(tunnelStatus));
});

test('a port that fetch refuses is of the kind port', () => {
  const at = { ...direct, url: new URL('http://hooks.lab.org:6000/') };
  expect(failureOfRequest(new TypeError('fetch failed', { cause: new Error('bad port') }), at)).toMatchObject({
    kind: 'port',
    message: expect.stringContaining('6000'),
  });
});

test('several addresses fail as the first, and what is no error at all is still told', () => {
  const several = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], '');
  expect(failureOfRequest(new TypeError('fetch failed', { cause: several }), direct).kind).toBe('refused');
  expect(failureOfRequest('odd', direct)).toMatchObject({ kind: 'network', message: expect.stringContaining('odd') });
});

test('a timeout of the request is one, though the code of its error is a number', () => {
  const { kind, message } = failureOfRequest(new DOMException('late', 'TimeoutError'), direct);
  expect([kind, message.includes('3 s')]).toEqual(['timeout', true]);
});

test.each([
  ['302 Found', 302, 'https://u:secret@next.lab.org/', 'redirect', 'next.lab.org'],
  ['302 Found', 302, null, 'status', '302 Found'],
  ['500 Oops', 500, null, 'status', '500 Oops'],
])('the status %s with the location %s', (status, code, location, kind, told) => {
  const failure = failureOfStatus(status, code, location, ' out of order ');
  expect([failure.kind, failure.message.includes(told)]).toEqual([kind, true]);
  expect(failure.message).not.toContain('secret');
});

test('an answer is quoted in part, an empty one is said to be so', () => {
  expect(failureOfStatus('500 Oops', 500, null, 'x'.repeat(300)).message).toContain(`"${'x'.repeat(200)}"`);
  expect(failureOfStatus('500 Oops', 500, null, ' \n').message).toContain('empty');
});
