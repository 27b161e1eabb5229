import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { defined } from '../text/defined.ts';
import {
  type AuthenticationRule,
  authenticationRule,
  CHANNEL_BINDINGS,
  type ChannelBinding,
} from './authentication.ts';
import { parseConnectionUrl } from './connection-url.ts';
import { type ServerHost, serverHosts } from './hosts.ts';
import { Parameters } from './parameters.ts';
import { type StartupParameters, startupParameters } from './startup-parameters.ts';
import { type TlsSettings, tlsSettings } from './tls-settings.ts';

/** The values of `target_session_attrs`. */
const SESSION_ATTRIBUTES = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number];

/** A PostgreSQL server to connect to, or several to try. */
export interface ServerTarget {
  kind: 'server';
  /** In the order to try them. */
  hosts: readonly ServerHost[];
  randomOrder: boolean;
  sessionAttributes: SessionAttributes;
  user: string;
  /** Left out to use the password file, or none. */
  password?: string;
  passwordFile: string;
  authentication: AuthenticationRule;
  channelBinding: ChannelBinding;
  database: string;
  /** Session settings that the user chose. */
  startup: StartupParameters;
  applicationName: string;
  tls: TlsSettings;
  connectTimeoutSeconds: number;
  /** How long a connection may be idle before the system probes it: 0 is the system's default, `undefined` never. */
  keepAliveSeconds: number | undefined;
}

/** Where the data is: a server, or the embedded one with its directory. */
export type Target = ServerTarget | EmbeddedTarget;

/** The embedded server: its directory, and the environment in which it is started. */
export interface EmbeddedTarget {
  kind: 'embedded';
  directory: string;
  environment: Environment;
  /** Session settings that the user chose. */
  startup?: StartupParameters;
}

const TARGET_VARIABLES = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE'];
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;

/**
 * Parses a connection string: `postgres://`, `postgresql://`, and SQLAlchemy's `postgresql+asyncpg://` with its `ssl=`
 * parameter. What the string leaves out comes from the PG* variables, as in libpq.
 *
 * @example
 * ```ts
 * const { hosts, user } = targetFromUrl('postgresql://ada:secret@db.lab.org/webmacs');
 * console.log(hosts, user);
 * // [ { name: 'db.lab.org', port: 5432 } ] ada
 * ```
 * @param origin the string in messages
 * @throws InvalidInputError when the string is not a PostgreSQL URL, or has an unsupported parameter; the message never
 *   repeats a value
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING
 */
export function targetFromUrl(
  url: string,
  environment: Environment = process.env,
  origin = 'The connection string',
): ServerTarget {
  return targetOf(new Parameters(environment, parseConnectionUrl(url, origin), origin), environment);
}

/** Whether one of the PG* variables names a server; PGPASSWORD alone does not. */
export function environmentNamesServer(environment: Environment): boolean {
  return TARGET_VARIABLES.some((name) => environment[name]);
}

/**
 * Returns the server that the PG* variables name, with libpq's defaults for the rest.
 *
 * @example
 * ```ts
 * const { hosts } = targetFromEnvironment({ PGHOST: 'db.lab.org', PGPORT: '5433' });
 * console.log(hosts);
 * // [ { name: 'db.lab.org', port: 5433 } ]
 * ```
 * @throws InvalidInputError for a value that libpq would refuse, and for an unsupported variable, such as PGSERVICE
 * @see https://www.postgresql.org/docs/17/libpq-envars.html
 */
export function targetFromEnvironment(environment: Environment): ServerTarget {
  return targetOf(new Parameters(environment), environment);
}

/** Returns the embedded server, with the session settings of the environment. */
export function embeddedTarget(directory: string, environment: Environment): EmbeddedTarget {
  return { kind: 'embedded', directory, environment, startup: startupParameters(environment.PGOPTIONS, environment) };
}

function targetOf(parameters: Parameters, environment: Environment): ServerTarget {
  const user = parameters.givenText('user') ?? userInfo().username;
  if (user === '') {
    parameters.fail('user', 'Set a user name, or leave it out.');
  }
  const home = environment.HOME || userInfo().homedir;
  return {
    kind: 'server',
    hosts: serverHosts(parameters),
    randomOrder: parameters.choice('load_balance_hosts', ['disable', 'random'], 'disable') === 'random',
    sessionAttributes: parameters.choice('target_session_attrs', SESSION_ATTRIBUTES, 'any'),
    user,
    ...defined({ password: parameters.text('password') }),
    passwordFile: parameters.text('passfile') ?? join(home, '.pgpass'),
    authentication: authenticationRule(parameters),
    channelBinding: parameters.choice('channel_binding', CHANNEL_BINDINGS, 'prefer'),
    database: parameters.text('dbname') ?? user,
    startup: startupParameters(parameters.text('options'), environment),
    applicationName:
      parameters.givenText('application_name') ?? parameters.givenText('fallback_application_name') ?? 'webmacs',
    tls: tlsSettings(parameters, environment, home),
    connectTimeoutSeconds: Math.max(0, parameters.wholeNumber('connect_timeout', DEFAULT_CONNECT_TIMEOUT_SECONDS)),
    keepAliveSeconds: keepAlive(parameters),
  };
}

function keepAlive(parameters: Parameters): number | undefined {
  const idle = Math.max(0, parameters.wholeNumber('keepalives_idle', 0));
  return parameters.wholeNumber('keepalives', 1) === 0 ? undefined : idle;
}

/**
 * Describes the target for messages: a URL without its password.
 *
 * @example
 * ```ts
 * console.log(describeTarget(targetFromUrl('postgresql://ada:secret@db.lab.org/webmacs')));
 * // postgresql://ada@db.lab.org:5432/webmacs
 * ```
 */
export function describeTarget(target: Target): string {
  if (target.kind === 'embedded') {
    return `the embedded server in ${target.directory}`;
  }
  const { hosts, user, database } = target;
  const account = `postgresql://${encodeURIComponent(user)}@`;
  const [first] = hosts;
  const list = (part: (host: ServerHost) => string | number) => hosts.map(part).join(',');
  const addresses = hosts.some(({ address }) => address) ? `hostaddr=${list(({ address }) => address ?? '')}` : '';
  if (hosts.some(({ name }) => name.startsWith('/'))) {
    const query = [`host=${list(({ name }) => encodeURI(name))}`, addresses, `port=${list(({ port }) => port)}`];
    return `${account}/${encodeURIComponent(database)}?${query.filter(Boolean).join('&')}`;
  }
  const servers = list(({ name, port }) => `${name.includes(':') ? `[${name}]` : encodeURIComponent(name)}:${port}`);
  const query = addresses && `?${addresses}`;
  return `${account}${first?.name === '' && hosts.length === 1 ? `:${first.port}` : servers}/${encodeURIComponent(database)}${query}`;
}
