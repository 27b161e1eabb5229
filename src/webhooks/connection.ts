import type { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';

/** The connection of one request. */
export interface Connection {
  dispatcher: Dispatcher;
  tunnelStatus(): number | undefined;
}

/**
 * Opens a connection for one request to an origin, as a dispatcher for Node's fetch. It is never reused: a kept connection may
 * have been closed by the peer. `tunnelStatus` returns the proxy's answer to CONNECT.
 */
export function connect(origin: string, proxy: URL | undefined, insecure: boolean): Connection {
  const tls = { rejectUnauthorized: !insecure };
  // The request's own signal limits its time.
  const noTimeouts = { headersTimeout: 0, bodyTimeout: 0, pipelining: 0 };
  if (!proxy) {
    const connector = buildConnector({ ...tls, timeout: 0 });
    const agent = new Agent({
      ...noTimeouts,
      connect: (options, done) =>
        connector(options, (...result) => {
          if (result[1]) {
            acceptContinue(result[1]);
          }
          done(...result);
        }),
    });
    return { dispatcher: agent.compose(asProgram(origin)), tunnelStatus: () => undefined };
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
  return { dispatcher: dispatcher.compose(asProgram(origin)), tunnelStatus: () => status };
}

/** Sends to this origin, without the headers that fetch adds as if a page had called it, which some receivers refuse. */
function asProgram(origin: string): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const headers = Object.entries(options.headers ?? {}).filter(
      ([name]) => !/^(sec-fetch-|accept-language$)/i.test(name),
    );
    return dispatch({ ...options, origin, headers: Object.fromEntries(headers) }, handler);
  };
}

const INTERIM = 'HTTP/1.1 1';

/**
 * Lets a receiver answer 100 Continue first although nothing asked for it, which every client has to accept: undici closes the
 * connection. It ignores 102 Processing, so the one is read as the other.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.2
 */
function acceptContinue(socket: Socket): void {
  const read = socket.read.bind(socket);
  let isFinal = false;
  socket.read = (size) => {
    const piece: Buffer | null = read(size);
    let at = 0;
    while (piece && !isFinal && at < piece.length) {
      const start = piece.toString('latin1', at, at + INTERIM.length + 2);
      isFinal = !start.startsWith(INTERIM);
      if (start === `${INTERIM}00`) {
        piece.write('102', at + INTERIM.length - 1, 'latin1');
      }
      const end = piece.indexOf('\r\n\r\n', at);
      at = end < 0 ? piece.length : end + 4;
    }
    return piece;
  };
}
