import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parse } from 'pg-connection-string';
import { InvalidInputError } from '../errors.ts';

/** How much the connection must be protected, with the meanings that libpq gives the words. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** A PostgreSQL server to connect to. `host` is a name, an address, or the directory of a Unix socket. */
export interface ServerTarget {
  kind: 'server';
  host: string;
  port: number;
  user: string;
  /** Left out where ~/.pgpass or the server's trust decides. */
  password?: string;
  database: string;
  sslMode: SslMode;
  sslRootCert?: string;
  sslCert?: string;
  sslKey?: string;
  connectTimeoutSeconds: number;
}

/** Where the data is: a server, or the embedded one with its directory. */
export type Target = ServerTarget | { kind: 'embedded'; directory: string };

type Environment = Record<string, string | undefined>;

const URL_SCHEME = /^postgres(?:ql)?(?:\+[a-z0-9_]+)?:\/\//i;
const TARGET_VARIABLES = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE'];

/**
 * The server that a connection string names: `postgres://`, `postgresql://`, and SQLAlchemy's
 * `postgresql+asyncpg://` with its `ssl=` parameter. What the string leaves out comes from the PG* variables, as in libpq.
 *
 * @example
 * ```ts
 * const { host, port, user } = targetFromUrl('postgresql://ada:secret@db.lab.org/webmacs');
 * console.log(host, port, user);
 * // db.lab.org 5432 ada
 * ```
 * @param origin what messages call the string
 * @throws InvalidInputError when the string is no PostgreSQL URL; the message never repeats it
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING
 */
export function targetFromUrl(
  url: string,
  environment: Environment = process.env,
  origin = 'The connection string',
): ServerTarget {
  if (!URL_SCHEME.test(url)) {
    throw new InvalidInputError(`${origin} is not a PostgreSQL URL.`, {
      hint: 'Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE; percent-encode special characters.',
    });
  }
  const { parameters, bare } = splitParameters(url.replace(URL_SCHEME, 'postgresql://'));
  let parsed: ReturnType<typeof parse> | undefined;
  try {
    parsed = parse(bare);
  } catch {
    parsed = undefined;
  }
  // Where a "/", "?" or "#" of a password ends the host too early, the rest of the password must not get into a message.
  const cut = /^postgresql:\/\/[^/]*\/.*@|#/.test(bare) || [...parameters.keys()].some((name) => name.includes('@'));
  if (!parsed || cut) {
    throw new InvalidInputError(`${origin} is not a valid PostgreSQL URL.`, {
      hint: 'Percent-encode special characters in the user name and the password, such as %40 for @.',
    });
  }
  const given = (name: string) => parameters.get(name) || undefined;
  const defaults = targetFromEnvironment(environment);
  const sslMode = given('sslmode') ?? asyncpgSslMode(given('ssl'));
  return {
    ...defaults,
    host: given('host') ?? (parsed.host || defaults.host),
    port: portNumber(given('port') ?? (parsed.port || String(defaults.port)), origin),
    user: given('user') ?? (parsed.user || defaults.user),
    ...optional('password', given('password') ?? (parsed.password || defaults.password)),
    database:
      given('dbname') ?? (parsed.database || environment.PGDATABASE || given('user') || parsed.user || defaults.user),
    sslMode: sslMode === undefined ? defaults.sslMode : sslModeOf(sslMode, origin),
    ...optional('sslRootCert', given('sslrootcert') ?? defaults.sslRootCert),
    ...optional('sslCert', given('sslcert') ?? defaults.sslCert),
    ...optional('sslKey', given('sslkey') ?? defaults.sslKey),
    connectTimeoutSeconds: given('connect_timeout')
      ? seconds(given('connect_timeout'), origin)
      : defaults.connectTimeoutSeconds,
  };
}

/** Whether one of the PG* variables names a server; PGPASSWORD alone does not. */
export function environmentNamesServer(environment: Environment): boolean {
  return TARGET_VARIABLES.some((name) => environment[name]);
}

/**
 * The server that the PG* variables name, with libpq's defaults for the rest.
 *
 * @example
 * ```ts
 * const { host, port } = targetFromEnvironment({ PGHOST: 'db.lab.org', PGPORT: '5433' });
 * console.log(host, port);
 * // db.lab.org 5433
 * ```
 * @throws InvalidInputError for a value that libpq would refuse, and for PGSERVICE, which is not supported
 * @see https://www.postgresql.org/docs/17/libpq-envars.html
 */
export function targetFromEnvironment(environment: Environment): ServerTarget {
  if (environment.PGSERVICE) {
    throw new InvalidInputError('PGSERVICE is set, but service files are not supported.', {
      hint: 'Unset it and set DATABASE_URL, or PGHOST, PGUSER and PGDATABASE.',
    });
  }
  const port = portNumber(environment.PGPORT || '5432', 'PGPORT');
  const user = environment.PGUSER || userInfo().username;
  return {
    kind: 'server',
    host: environment.PGHOSTADDR || environment.PGHOST || defaultHost(port),
    port,
    user,
    ...optional('password', environment.PGPASSWORD || undefined),
    database: environment.PGDATABASE || user,
    sslMode: sslModeOf(environment.PGSSLMODE || 'prefer', 'PGSSLMODE'),
    ...optional('sslRootCert', environment.PGSSLROOTCERT || undefined),
    ...optional('sslCert', environment.PGSSLCERT || undefined),
    ...optional('sslKey', environment.PGSSLKEY || undefined),
    connectTimeoutSeconds: seconds(environment.PGCONNECT_TIMEOUT || '10', 'PGCONNECT_TIMEOUT'),
  };
}

/**
 * The target as a person should see it: a URL without its password.
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
  const { host, port, user, database } = target;
  return host.startsWith('/')
    ? `postgresql://${encodeURIComponent(user)}@/${encodeURIComponent(database)}?host=${encodeURI(host)}&port=${port}`
    : `postgresql://${encodeURIComponent(user)}@${host.includes(':') ? `[${host}]` : host}:${port}/${encodeURIComponent(database)}`;
}

function splitParameters(url: string): { bare: string; parameters: URLSearchParams } {
  const at = url.indexOf('?');
  return at < 0
    ? { bare: url, parameters: new URLSearchParams() }
    : { bare: url.slice(0, at), parameters: new URLSearchParams(url.slice(at + 1)) };
}

function asyncpgSslMode(ssl: string | undefined): string | undefined {
  const words: Record<string, string> = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' };
  return ssl === undefined ? undefined : (words[ssl.toLowerCase()] ?? ssl);
}

function sslModeOf(text: string, origin: string): SslMode {
  const mode = SSL_MODES.find((known) => known === text);
  if (!mode) {
    throw new InvalidInputError(`${origin} has the unknown sslmode "${text}".`, {
      hint: `Use one of ${SSL_MODES.join(', ')}.`,
    });
  }
  return mode;
}

function portNumber(text: string, origin: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidInputError(`${origin} has the port "${text}", which is no number from 1 to 65535.`);
  }
  return port;
}

function seconds(text: string | undefined, origin: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) {
    throw new InvalidInputError(`${origin} has the connect time-out "${text}", which is no number of seconds.`);
  }
  return value;
}

function defaultHost(port: number): string {
  const directories = ['/var/run/postgresql', '/tmp'];
  return directories.find((directory) => existsSync(`${directory}/.s.PGSQL.${port}`)) ?? 'localhost';
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
