import type { TLSSocket } from 'node:tls';
import pg, { type ClientBase, type ClientConfig, type Connection } from 'pg';
import { DatabaseError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import type { AuthenticationMethod, AuthenticationRule, ChannelBinding } from './authentication.ts';

/** What a client sends and requires during login. */
export interface LoginRules {
  user: string;
  database: string;
  applicationName: string;
  options: string;
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

/** Returns a client class for the pool that enforces the rules and records its progress. */
export function clientFor(rules: LoginRules, progress: Progress): new (config?: ClientConfig) => ClientBase {
  return class extends pg.Client {
    constructor(config?: ClientConfig) {
      super(config);
      // Not in the types: the driver's connection, whose events fire before the driver acts on them.
      const { connection } = this as unknown as { connection: Connection };
      watch(connection, progress, Boolean(config?.ssl));
      enforce(connection, rules);
    }

    /** The startup message. The driver would fill empty fields from the environment of the process. */
    getStartupConf(): Record<string, string> {
      const { user, database, applicationName, options } = rules;
      return { user, database, options, ...defined({ application_name: applicationName || undefined }) };
    }
  };
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
