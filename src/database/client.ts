import type { TLSSocket } from 'node:tls';
import pg, { type ClientBase, type ClientConfig, type Connection } from 'pg';
import { DatabaseError } from '../errors.ts';
import type { AuthenticationMethod, AuthenticationRule, ChannelBinding } from './authentication.ts';
import { connectionOf } from './transaction-settings.ts';

/** What a client requires during login. */
export interface LoginRules {
  authentication: AuthenticationRule;
  channelBinding: ChannelBinding;
  /** Whether TLS starts without asking the server first. */
  direct: boolean;
}

/** How far a connection attempt has got. */
export interface Progress {
  phase: 'connecting' | 'handshake' | 'login' | 'session';
}

const SCRAM = 'scram-sha-256';
const NEEDS_BINDING = 'channel_binding=require is set, but the server offers no authentication with channel binding';

/**
 * Returns a client class for the pool.
 * @param startup the startup message, without `client_encoding`, which is always UTF8
 * @param prepare called with each new connection, whose events fire before the driver acts on them
 */
export function clientFor(
  startup: Readonly<Record<string, string>>,
  prepare: (connection: Connection, tls: boolean) => void = () => {},
): new (
  config?: ClientConfig,
) => ClientBase {
  return class extends pg.Client {
    constructor(config?: ClientConfig) {
      super(config);
      prepare(connectionOf(this), Boolean(config?.ssl));
    }

    /** The driver would fill what is left out from the environment of the process. */
    getStartupConf(): Record<string, string> {
      return { ...startup };
    }
  };
}

/** Enforces the rules on a new connection, and records its progress. */
export function watchLogin(connection: Connection, tls: boolean, rules: LoginRules, progress: Progress): void {
  watch(connection, progress, tls);
  enforce(connection, rules);
}

function watch(connection: Connection, progress: Progress, tls: boolean): void {
  progress.phase = 'connecting';
  const reach = (phase: Progress['phase']) => () => {
    progress.phase = phase;
  };
  connection.once('connect', reach(tls ? 'handshake' : 'login'));
  connection.once('sslconnect', () => connection.stream.once('secureConnect', reach('login')));
  connection.once('authenticationOk', reach('session'));
}

/** Closes the connection before the client answers an authentication request that the rules do not allow. */
function enforce(connection: Connection, { authentication, channelBinding, direct }: LoginRules): void {
  const fail = (why: string) => {
    connection.emit('error', new DatabaseError(`The client refused the connection: ${why}.`));
    connection.stream.destroy();
  };
  const check = (method: AuthenticationMethod, bound = false) => {
    if (!authentication.has(method)) {
      fail(
        method === 'none'
          ? 'the server requested no authentication, which require_auth does not allow'
          : `the server requested ${method} authentication, which require_auth does not allow`,
      );
    } else if (channelBinding === 'require' && !bound) {
      fail(NEEDS_BINDING);
    }
  };
  let proven = false;
  connection.once('authenticationCleartextPassword', () => {
    proven = true;
    check('password');
  });
  connection.once('authenticationMD5Password', () => {
    proven = true;
    check('md5');
  });
  connection.once('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) => {
    check(SCRAM, mechanisms.includes('SCRAM-SHA-256-PLUS') && isTls(connection));
  });
  connection.once('authenticationSASLFinal', () => {
    proven = true;
  });
  connection.once('authenticationOk', () => {
    // Also if the server started SCRAM but did not prove that it knows the password.
    if (!proven) {
      check('none');
    }
    if (direct && isTls(connection) && connection.stream.alpnProtocol !== 'postgresql') {
      fail('the server started TLS without ALPN, which sslnegotiation=direct requires');
    }
  });
}

function isTls(connection: Connection): connection is Connection & { stream: TLSSocket } {
  return 'encrypted' in connection.stream;
}
