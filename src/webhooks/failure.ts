import { maxHeaderSize } from 'node:http';
import { maskedUrl } from './url.ts';

/** Why a request failed. */
export interface Failure {
  /** Machine-readable, such as `refused`. */
  kind: string;
  /** What happened, to what, as a sentence. */
  message: string;
  /** What to do about it. */
  hint?: string | undefined;
}

/** Where a request is sent. */
export interface RequestTarget {
  url: URL;
  proxy: URL | undefined;
  timeoutSeconds: number;
  /** The status of the proxy's answer to CONNECT. */
  tunnelStatus?: number | undefined;
}

const UNTRUSTED_HINT = 'Trust its issuer with NODE_EXTRA_CA_CERTS=FILE.pem, or pass --insecure to skip the check.';
const INSECURE_HINT = 'Pass --insecure to skip the check.';

/** Explains the error of a request. */
export function failureOfRequest(error: unknown, target: RequestTarget): Failure {
  const cause = innermost(error);
  // The code of a DOMException is a number, which says less than its name.
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  const failure =
    certificateFailure(code, cause, target) ??
    interimFailure(cause, target) ??
    connectionFailure(code, target) ??
    protocolFailure(code, cause, target);
  return failure ?? { kind: 'network', message: `The request to ${peerOf(target)} failed: ${cause.message}` };
}

/** Explains a status other than 2xx. */
export function failureOfStatus(status: string, code: number, location: string | null, body: string): Failure {
  if (code >= 300 && code < 400 && location !== null) {
    return {
      kind: 'redirect',
      message: `The receiver redirects (${status}) to ${maskedUrl(location)}. Redirects are not followed.`,
      hint: 'Set that URL with: webmacs webhooks update WEBHOOK --url URL',
    };
  }
  const text = body.trim() === '' ? ' with an empty body.' : `: ${JSON.stringify(body.trim().slice(0, 200))}`;
  return { kind: 'status', message: `The receiver answered ${status}${text}` };
}

/** Names the peer of a failed connection: the proxy, until there is a tunnel through it. */
function peerOf({ url, proxy, tunnelStatus }: RequestTarget): string {
  return proxy && tunnelStatus !== 200 ? `the proxy ${proxy.host}` : url.host;
}

const UNTRUSTED = ['tls_untrusted', 'was issued by an unknown authority', UNTRUSTED_HINT] as const;
/** What is wrong with a certificate, by the code of the error. */
const CERTIFICATE_FAILURES: Record<string, readonly [kind: string, what: string, hint: string]> = {
  CERT_HAS_EXPIRED: ['tls_expired', 'has expired', INSECURE_HINT],
  CERT_NOT_YET_VALID: ['tls_not_yet_valid', 'is not valid yet', INSECURE_HINT],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls_wrong_host', 'is for another host', INSECURE_HINT],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['tls_self_signed', 'is self-signed', UNTRUSTED_HINT],
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
};

function certificateFailure(code: string, cause: Error, { url }: RequestTarget): Failure | undefined {
  const [kind, what, hint] = CERTIFICATE_FAILURES[code] ?? [];
  if (kind !== undefined) {
    const hosts = kind === 'tls_wrong_host' ? hostsOf(cause) : '';
    return { kind, message: `The certificate of ${url.host} ${what}${hosts}.`, hint };
  }
  return /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$)/.test(code)
    ? { kind: 'tls', message: `The TLS connection to ${url.host} failed: ${tlsReason(cause)}.` }
    : undefined;
}

/** Returns `: lab.org, www.lab.org`, if the certificate names hosts. */
function hostsOf(cause: Error): string {
  const { cert } = cause as Error & { cert?: { subjectaltname?: string } };
  const names = cert?.subjectaltname?.replaceAll(/\b(?:DNS|IP Address):/g, '').slice(0, 200);
  return names ? `: ${names}` : '';
}

function tlsReason(cause: Error): string {
  return /wrong version number|packet length too long/i.test(cause.message)
    ? 'the server does not speak TLS; try http:// on this port'
    : (cause.message.split(':').findLast((part) => part.trim() !== '') ?? cause.message).trim();
}

function connectionFailure(code: string, target: RequestTarget): Failure | undefined {
  const { url, proxy, timeoutSeconds } = target;
  const peer = peerOf(target).replace(/^the /, 'The ');
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const host = `host name ${(proxy ?? url).hostname}`;
      return {
        kind: 'dns',
        message: code === 'ENOTFOUND' ? `The ${host} does not exist in DNS.` : `DNS did not resolve the ${host}.`,
        hint: proxy && 'This is the proxy set in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY.',
      };
    }
    case 'ECONNREFUSED':
      return { kind: 'refused', message: `${peer} refused the connection: nothing is listening there.` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return { kind: 'unreachable', message: `${peer} is unreachable: there is no route to it.` };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return { kind: 'reset', message: `${peer} closed the connection before answering.` };
    case 'TimeoutError':
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT': {
      const through = proxy ? ` (through the proxy ${proxy.host})` : '';
      return { kind: 'timeout', message: `${url.host}${through} did not answer within ${timeoutSeconds} s.` };
    }
  }
  return undefined;
}

/** An interim response for which undici closes the connection, as if the receiver had. */
function interimFailure({ message }: Error, target: RequestTarget): Failure | undefined {
  const status = { 'bad response': '100 Continue', 'bad upgrade': '101 Switching Protocols' }[message];
  return status === undefined
    ? undefined
    : { kind: 'protocol', message: `${peerOf(target)} answered ${status}, which the request did not ask for.` };
}

function protocolFailure(code: string, { message }: Error, target: RequestTarget): Failure | undefined {
  const { url, proxy } = target;
  // This is the only status that is reported as an error where there is no tunnel.
  const status = /Proxy Authentication Required/i.test(message) ? 407 : target.tunnelStatus;
  if (proxy && status !== undefined && status !== 200) {
    const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    return {
      kind: 'proxy',
      message: `The proxy ${proxy.host} does not allow requests to ${url.host}: it answered ${status}.`,
      hint: status === 407 ? `It requires a login: ${variable}=http://USER:PASSWORD@HOST:PORT` : undefined,
    };
  }
  if (message === 'bad port') {
    return {
      kind: 'port',
      message: `Port ${url.port} is blocked by fetch, because it belongs to another protocol.`,
      hint: 'The server may still reach it. To test it from here, use another port for the receiver.',
    };
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return {
      kind: 'protocol',
      message: `The headers of the answer of ${peerOf(target)} have more than ${maxHeaderSize / 1024} KiB.`,
      hint: 'Let the receiver answer with fewer or shorter headers.',
    };
  }
  return code.startsWith('HPE_') || code === 'HTTPParserError'
    ? { kind: 'protocol', message: `The answer of ${peerOf(target)} is not valid HTTP: ${message}.` }
    : undefined;
}

/** Unwraps an error: fetch wraps that of the connection, and the failures of several addresses are aggregated. */
function innermost(error: unknown): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    return innermost(error.errors[0]);
  }
  if (error instanceof Error && error.cause instanceof Error) {
    return innermost(error.cause);
  }
  return error instanceof Error ? error : new Error(String(error));
}
