import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';

/** The way that one request takes. */
export interface Connection {
  dispatcher: Dispatcher;
  tunnelStatus(): number | undefined;
}

/**
 * A connection of its own for one request, which Node's fetch takes as its dispatcher: none that is kept could be gone
 * when it is used again. `tunnelStatus` is what the proxy answered when it was asked for a tunnel.
 */
export function connect(proxy: URL | undefined, insecure: boolean): Connection {
  const tls = { rejectUnauthorized: !insecure };
  // The request's own signal ends it in time, whatever it waits for.
  const patience = { headersTimeout: 0, bodyTimeout: 0, pipelining: 0 };
  if (!proxy) {
    return { dispatcher: new Agent({ ...patience, connect: { ...tls, timeout: 0 } }), tunnelStatus: () => undefined };
  }
  let status: number | undefined;
  class Tunnel extends Pool {
    override async connect(options: Dispatcher.ConnectOptions) {
      const answer = await super.connect(options).catch((cause: Error) => {
        // Under its own code undici would take it for a reason to connect again, at once and without end.
        throw Object.assign(new Error(cause.message, { cause }), { code: 'ECONNRESET' });
      });
      status = answer.statusCode;
      return answer;
    }
  }
  const dispatcher = new ProxyAgent({
    uri: proxy.href,
    // A proxy need not allow tunnels to plain HTTP.
    proxyTunnel: false,
    requestTls: { ...tls, timeout: 0 },
    proxyTls: { timeout: 0 },
    clientFactory: (origin, options) => new Tunnel(origin, options),
    ...patience,
  });
  return { dispatcher, tunnelStatus: () => status };
}
