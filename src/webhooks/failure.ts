import { maskedUrl } from './url.ts';

/** Why a request did not come to a good end. */
export interface Failure {
  /** A word for programs, such as `refused`. */
  kind: string;
  /** What happened, to what, as a sentence. */
  message: string;
  /** What to do about it. */
  hint?: string;
}

/** Where a request went. */
export interface Route {
  url: URL;
  proxy: URL | undefined;
  timeoutSeconds: number;
  /** What the proxy answered when it was asked for a tunnel. */
  tunnelStatus?: number | undefined;
}

const UNTRUSTED_HINT = 'Trust its issuer with NODE_EXTRA_CA_CERTS=FILE.pem, or pass --insecure to try anyway.';
const INSECURE_HINT = 'Pass --insecure to try anyway.';

/** What the error of a request means, as a sentence. */
export function failureOfRequest(error: unknown, route: Route): Failure {
  const cause = innermost(error);
  // The number that a DOMException has for a code says less than its name.
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  const failure = ofCertificate(code, cause, route) ?? ofConnection(code, route) ?? ofProtocol(code, cause, route);
  return failure ?? { kind: 'network', message: `The request to ${placeOf(route)} failed: ${cause.message}` };
}

/** What a status other than 2xx means. */
export function failureOfStatus(status: string, code: number, location: string | null, body: string): Failure {
  if (code >= 300 && code < 400 && location !== null) {
    return {
      kind: 'redirect',
      message: `It redirects (${status}) to ${maskedUrl(location)}, which is not followed.`,
      hint: 'Give the webhook that URL: webmacs webhooks update WEBHOOK --url URL',
    };
  }
  const told = body.trim() === '' ? ', with an empty body.' : `: ${JSON.stringify(body.trim().slice(0, 200))}`;
  return { kind: 'status', message: `It answered ${status}${told}` };
}

/** A connection to a proxy fails in the proxy's name, until there is a tunnel through it. */
function placeOf({ url, proxy, tunnelStatus }: Route): string {
  return proxy && tunnelStatus !== 200 ? `the proxy ${proxy.host}` : url.host;
}

/** As the beginning of a sentence; a host is written as it is. */
function sentence(place: string): string {
  return place.replace(/^the /, 'The ');
}

function ofCertificate(code: string, cause: Error, { url }: Route): Failure | undefined {
  const certificate = `The certificate of ${url.host}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { kind: 'tls_expired', message: `${certificate} has expired.`, hint: INSECURE_HINT };
    case 'CERT_NOT_YET_VALID':
      return { kind: 'tls_not_yet_valid', message: `${certificate} is not valid yet.`, hint: INSECURE_HINT };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        kind: 'tls_wrong_host',
        message: `${certificate} is for another host${hostsOf(cause)}.`,
        hint: INSECURE_HINT,
      };
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { kind: 'tls_self_signed', message: `${certificate} is self-signed.`, hint: UNTRUSTED_HINT };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return { kind: 'tls_untrusted', message: `${certificate} is from an unknown issuer.`, hint: UNTRUSTED_HINT };
  }
  return /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$)/.test(code)
    ? { kind: 'tls', message: `No TLS connection to ${url.host}: ${tlsReason(cause)}.` }
    : undefined;
}

/** `, lab.org and www.lab.org`, where the certificate names them. */
function hostsOf(cause: Error): string {
  const { cert } = cause as Error & { cert?: { subjectaltname?: string } };
  const names = cert?.subjectaltname?.replaceAll(/\b(?:DNS|IP Address):/g, '').slice(0, 200);
  return names ? `: ${names}` : '';
}

function tlsReason(cause: Error): string {
  return /wrong version number|packet length too long/i.test(cause.message)
    ? 'it answers, but not in TLS; it may be http:// on this port'
    : (cause.message.split(':').findLast((part) => part.trim() !== '') ?? cause.message).trim();
}

function ofConnection(code: string, route: Route): Failure | undefined {
  const { url, proxy } = route;
  const place = placeOf(route);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const host = (proxy ?? url).hostname;
      const message =
        code === 'ENOTFOUND'
          ? `The host name ${host} is unknown to the DNS.`
          : `The DNS does not answer for the host name ${host}.`;
      return {
        kind: 'dns',
        message,
        ...(proxy ? { hint: 'It is the proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY.' } : {}),
      };
    }
    case 'ECONNREFUSED':
      return { kind: 'refused', message: `${sentence(place)} refused the connection: nothing listens there.` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return {
        kind: 'unreachable',
        message: `${sentence(place)} cannot be reached from here: there is no route to it.`,
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return { kind: 'reset', message: `${sentence(place)} closed the connection before it had answered.` };
    case 'TimeoutError':
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return {
        kind: 'timeout',
        message: `${url.host}${proxy ? `, through the proxy ${proxy.host},` : ''} did not answer within ${route.timeoutSeconds} s.`,
      };
  }
  return undefined;
}

function ofProtocol(code: string, { message }: Error, route: Route): Failure | undefined {
  const { url, proxy } = route;
  // Without a tunnel this status comes as an error, and no other does.
  const status = /Proxy Authentication Required/i.test(message) ? 407 : route.tunnelStatus;
  if (proxy && status !== undefined && status !== 200) {
    const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    return {
      kind: 'proxy',
      message: `The proxy ${proxy.host} lets nothing through to ${url.host}: it answered ${status}.`,
      ...(status === 407 ? { hint: `It wants a log-in: ${variable}=http://USER:PASSWORD@HOST:PORT` } : {}),
    };
  }
  if (message === 'bad port') {
    return {
      kind: 'port',
      message: `Port ${url.port} is one that fetch sends nothing to, for it belongs to another protocol.`,
      hint: 'The server may well reach it; to test it from here, let the receiver listen on another port.',
    };
  }
  return code.startsWith('HPE_') || code === 'HTTPParserError'
    ? { kind: 'protocol', message: `What ${placeOf(route)} answered is no HTTP: ${message}.` }
    : undefined;
}

/** fetch wraps the error of the connection, and several addresses of a host fail as one. */
function innermost(error: unknown): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    return innermost(error.errors[0]);
  }
  if (error instanceof Error && error.cause instanceof Error) {
    return innermost(error.cause);
  }
  return error instanceof Error ? error : new Error(String(error));
}
