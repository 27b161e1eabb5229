import type { Environment } from '../environment.ts';
import { InvalidInputError } from '../errors.ts';
import { closest } from '../text/edit-distance.ts';
import { secretOf } from '../text/secret.ts';
import type { UrlParts } from './connection-url.ts';

interface Parameter {
  /** The environment variable to use if the URL leaves it out. */
  variable?: string;
  /** Set for an unsupported parameter: the values that have no effect, and why others are refused. */
  refused?: { harmless: readonly string[]; why: string };
}

const GSS = 'GSSAPI and SSPI are not supported';
const NO_SUCH_OPTION = 'Node.js cannot set this socket option';

/**
 * Every connection parameter of libpq 17: each is supported, or refused by name.
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 */
const PARAMETERS = {
  host: { variable: 'PGHOST' },
  hostaddr: { variable: 'PGHOSTADDR' },
  port: { variable: 'PGPORT' },
  dbname: { variable: 'PGDATABASE' },
  user: { variable: 'PGUSER' },
  password: { variable: 'PGPASSWORD' },
  passfile: { variable: 'PGPASSFILE' },
  require_auth: { variable: 'PGREQUIREAUTH' },
  channel_binding: { variable: 'PGCHANNELBINDING' },
  connect_timeout: { variable: 'PGCONNECT_TIMEOUT' },
  client_encoding: {
    variable: 'PGCLIENTENCODING',
    refused: { harmless: ['utf8', 'utf-8', 'unicode', 'auto'], why: 'text is always sent as UTF-8' },
  },
  options: { variable: 'PGOPTIONS' },
  application_name: { variable: 'PGAPPNAME' },
  fallback_application_name: {},
  keepalives: {},
  keepalives_idle: {},
  keepalives_interval: { refused: { harmless: ['0'], why: NO_SUCH_OPTION } },
  keepalives_count: { refused: { harmless: ['0'], why: NO_SUCH_OPTION } },
  tcp_user_timeout: { refused: { harmless: ['0'], why: NO_SUCH_OPTION } },
  replication: {
    refused: { harmless: ['false', 'off', 'no', '0'], why: 'a replication connection cannot read the tables' },
  },
  gssencmode: { variable: 'PGGSSENCMODE', refused: { harmless: ['disable', 'prefer'], why: GSS } },
  sslmode: { variable: 'PGSSLMODE' },
  sslnegotiation: { variable: 'PGSSLNEGOTIATION' },
  sslcompression: {
    variable: 'PGSSLCOMPRESSION',
    refused: { harmless: ['0'], why: 'compression within TLS is not supported' },
  },
  sslcert: { variable: 'PGSSLCERT' },
  sslkey: { variable: 'PGSSLKEY' },
  sslpassword: {},
  sslcertmode: { variable: 'PGSSLCERTMODE' },
  sslrootcert: { variable: 'PGSSLROOTCERT' },
  sslcrl: { variable: 'PGSSLCRL' },
  sslcrldir: { variable: 'PGSSLCRLDIR' },
  sslsni: { variable: 'PGSSLSNI' },
  requirepeer: {
    variable: 'PGREQUIREPEER',
    refused: { harmless: [], why: 'Node.js cannot determine which account runs the server behind a socket' },
  },
  ssl_min_protocol_version: { variable: 'PGSSLMINPROTOCOLVERSION' },
  ssl_max_protocol_version: { variable: 'PGSSLMAXPROTOCOLVERSION' },
  krbsrvname: { variable: 'PGKRBSRVNAME', refused: { harmless: ['postgres'], why: GSS } },
  gsslib: { variable: 'PGGSSLIB', refused: { harmless: ['gssapi'], why: GSS } },
  gssdelegation: { variable: 'PGGSSDELEGATION', refused: { harmless: ['0'], why: GSS } },
  service: { variable: 'PGSERVICE', refused: { harmless: [], why: 'service files are not supported' } },
  target_session_attrs: { variable: 'PGTARGETSESSIONATTRS' },
  load_balance_hosts: { variable: 'PGLOADBALANCEHOSTS' },
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS;

/** Parameters of SQLAlchemy's own caches, which are ignored. */
const SQLALCHEMY_OWN = ['prepared_statement_cache_size', 'statement_cache_size', 'async_fallback'];

/**
 * The effective connection parameters. As in libpq, the URL overrides the environment, even with an empty value. A message
 * about a value names its origin and never repeats the value, which may be part of a password.
 */
export class Parameters {
  readonly #given = new Map<ParameterName, { text: string; origin: string }>();

  /**
   * @param origin of the URL, for messages
   * @throws InvalidInputError for an unknown or unsupported parameter
   */
  constructor(environment: Environment, url?: UrlParts, origin = '') {
    for (const [name, text] of url?.parameters ?? []) {
      if (isParameter(name)) {
        this.#given.set(name, { text, origin: `The ${name} of ${origin}` });
      } else if (!(url?.sqlalchemy && SQLALCHEMY_OWN.includes(name))) {
        throw unknownParameter(url?.doubtful ? undefined : name, origin);
      }
    }
    for (const [name, { variable }] of entries()) {
      const text = variable && environment[variable];
      if (variable && text !== undefined && !this.#given.has(name)) {
        this.#given.set(name, { text: name === 'password' ? secretOf(text, variable) : text, origin: variable });
      }
    }
    this.#refuse();
  }

  #refuse(): void {
    for (const [name, { refused }] of entries()) {
      const given = this.#given.get(name);
      const text = given?.text.trim().toLowerCase();
      if (given && text && refused && !refused.harmless.includes(text)) {
        const instead = refused.harmless.length > 0 ? `, or set it to ${refused.harmless.join(' or ')}` : '';
        throw new InvalidInputError(`${given.origin} cannot be used: ${refused.why}.`, {
          hint:
            name === 'service'
              ? 'Leave it out and set DATABASE_URL, or PGHOST, PGUSER and PGDATABASE.'
              : `Leave it out${instead}.`,
        });
      }
    }
  }

  /** Returns the value if it is given and not empty. */
  text(name: ParameterName): string | undefined {
    return this.#given.get(name)?.text || undefined;
  }

  /** Returns the value if it is given, even an empty one. */
  givenText(name: ParameterName): string | undefined {
    return this.#given.get(name)?.text;
  }

  /** Returns one of the allowed words. As in libpq, an empty value is not allowed. */
  choice<T extends string>(name: ParameterName, words: readonly T[], fallback: T): T {
    const given = this.#given.get(name);
    if (!given) {
      return fallback;
    }
    return words.find((word) => word === given.text) ?? this.fail(name, `Use one of ${words.join(', ')}.`);
  }

  wholeNumber(name: ParameterName, fallback: number): number {
    const text = this.#given.get(name)?.text;
    if (text === undefined) {
      return fallback;
    }
    const value = /^\s*[-+]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
    return Math.abs(value) <= 0x7fffffff ? value : this.fail(name, 'Use a whole number.');
  }

  /** @throws InvalidInputError stating that the value is not valid */
  fail(name: ParameterName, hint: string): never {
    throw new InvalidInputError(`${this.#given.get(name)?.origin ?? name} is not valid.`, { hint });
  }
}

/** Returns the known name closest to a misspelled one, if any is close. */
function nearest(name: string): string | undefined {
  return closest(name, [...Object.keys(PARAMETERS), 'ssl'], Math.max(2, name.length / 3));
}

function unknownParameter(name: string | undefined, origin: string): InvalidInputError {
  const similar = name && nearest(name);
  const named = name === undefined ? '' : ` "${name}"`;
  return new InvalidInputError(`${origin} has an unknown parameter${named}.`, {
    hint: similar ? `Did you mean ${similar}?` : 'The parameters are those of libpq, such as sslmode and options.',
  });
}

function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETERS, name);
}

function entries(): [ParameterName, Parameter][] {
  return Object.entries(PARAMETERS) as [ParameterName, Parameter][];
}
