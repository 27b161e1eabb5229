import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';

/** The connection of one request. */
export interface Connection {
  dispatcher: Dispatcher;
  tunnelStatus(): number | undefined;
}

/**
 * Opens a connection for one request, as a dispatcher for Node's fetch. It is never reused: a kept connection may have been
 * closed by the peer. `tunnelStatus` returns the proxy's answer to CONNECT.
 */
export function connect(proxy: URL | undefined, insecure: boolean): Connection {
  const tls = { rejectUnauthorized: !insecure };
  // The request's own signal limits its time.
  const noTimeouts = { headersTimeout: 0, bodyTimeout: 0, pipelining: 0 };
  if (!proxy) {
    return { dispatcher: new Agent({ ...noTimeouts, connect: { ...tls, timeout: 0 } }), tunnelStatus: () => undefined };
  }
  let status: number | undefined;
  class Tunnel extends Pool {
    override async connect(options: Dispatcher.ConnectOptions) {
      const answer = await super.connect(options).catch((cause: Error) => {
        // With its own code undici would reconnect immediately, in an endless loop.
        throw Object.assign(new Error(cause.message, { cause }), { code: 'ECONNRESET' });
      });
      status = answer.statusCode;
      return answer;
    }
  }
  const dispatcher = new ProxyAgent({
    uri: proxy.href,
    // Proxies often refuse tunnels to plain HTTP.
    proxyTunnel: false,
    requestTls: { ...tls, timeout: 0 },
    proxyTls: { timeout: 0 },
    clientFactory: (origin, options) => new Tunnel(origin, options),
    ...noTimeouts,
  });
  return { dispatcher, tunnelStatus: () => status };
}
