import type { TLSSocket } from 'node:tls';
import pg, { type ClientBase, type ClientConfig, type Connection } from 'pg';
import { DatabaseError } from '../errors.ts';
import type { AuthenticationMethod, AuthenticationRule, ChannelBinding } from './authentication.ts';

/** What a client demands of the server while it logs in. */
export interface LoginRules {
  user: string;
  database: string;
  applicationName: string;
  options: string;
  authentication: AuthenticationRule;
  channelBinding: ChannelBinding;
  /** Whether TLS began without being asked for. */
  direct: boolean;
}

/** How far a connection has come: to the server, to the end of the TLS handshake, to the end of the log-in. */
export interface Progress {
  phase: 'connecting' | 'handshake' | 'login' | 'session';
}

const SCRAM = 'scram-sha-256';
const NEEDS_BINDING = 'channel_binding=require is set, and the server does not bind the log-in to the TLS connection';

/** A kind of client for the pool, which keeps the rules, and reports how far it comes. */
export function clientFor(rules: LoginRules, progress: Progress): new (config?: ClientConfig) => ClientBase {
  return class extends pg.Client {
    constructor(config?: ClientConfig) {
      super(config);
      // Not in the types: the driver's own connection, whose events come before the driver itself acts on them.
      const { connection } = this as unknown as { connection: Connection };
      watch(connection, progress, Boolean(config?.ssl));
      enforce(connection, rules);
    }

    /** What the driver sends first. It would take what is empty here from the environment of the process. */
    getStartupConf(): Record<string, string> {
      const { user, database, applicationName, options } = rules;
      return { user, database, options, ...(applicationName ? { application_name: applicationName } : {}) };
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

/** Ends a connection before the client proves anything in a way that it does not agree to. */
function enforce(connection: Connection, { authentication, channelBinding, direct }: LoginRules): void {
  const fail = (why: string) => {
    connection.emit('error', new DatabaseError(`The connection is refused here: ${why}.`));
    connection.stream.destroy();
  };
  const check = (method: AuthenticationMethod, bound = false) => {
    if (!authentication.has(method)) {
      fail(
        method === 'none'
          ? 'the server asked for no proof of who this is, against require_auth'
          : `the server asked for the method ${method}, against require_auth`,
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
    // Also a server that began with SCRAM and then did not prove to know the password itself.
    if (!proven) {
      check('none');
    }
    if (direct && isTls(connection) && connection.stream.alpnProtocol !== 'postgresql') {
      fail('the server began TLS without negotiating the protocol, against sslnegotiation=direct');
    }
  });
}

function isTls(connection: Connection): connection is Connection & { stream: TLSSocket } {
  return 'encrypted' in connection.stream;
}
