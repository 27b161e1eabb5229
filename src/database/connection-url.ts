import { InvalidInputError } from '../errors.ts';
import { secretOf } from '../text/secret.ts';

const SCHEME = /^postgres(?:ql)?(\+[a-z0-9_]+)?:\/\//i;
const USER_AND_PASSWORD = /^([^@/:?]*)(?::([^@/]*))?@/;
const HOST_AND_PORT = /(?:\[([^\]]+)\]|([^:/?,[\]]*))(?::([^/?,]*))?(,|\/|\?|$)/y;

const ENCODE = 'Percent-encode special characters in the user name and the password, such as %40 for @ and %2F for /.';

/** The decoded parameters of a URL, by their libpq names. */
export interface UrlParts {
  parameters: Map<string, string>;
  /** Whether it has SQLAlchemy's form, with a driver: `postgresql+asyncpg://`. */
  sqlalchemy: boolean;
  /** Whether its query may be part of a password, so that not even parameter names may be printed. */
  doubtful: boolean;
}

/**
 * Parses a connection URL by libpq's grammar: "+" and "#" are ordinary characters, hosts are separated by commas, and the
 * query overrides the rest.
 * @throws InvalidInputError when it is not a PostgreSQL URL; the message never repeats a part of it
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
export function parseConnectionUrl(text: string, origin: string): UrlParts {
  const url = secretOf(text, origin);
  const [scheme, driver] = SCHEME.exec(url) ?? [];
  if (scheme === undefined) {
    throw new InvalidInputError(`${origin} is not a PostgreSQL URL.`, {
      hint: 'Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE; percent-encode special characters.',
    });
  }
  const parameters = new Map<string, string>();
  const store = (name: string, text: string) => {
    if (text !== '') {
      parameters.set(name, decoded(text, origin));
    }
  };
  let rest = url.slice(scheme.length);
  const [account = '', user = '', password = ''] = USER_AND_PASSWORD.exec(rest) ?? [];
  store('user', user);
  store('password', password);
  rest = rest.slice(account.length);
  const { hosts, ports, length, end } = hostsOf(rest, origin);
  store('host', hosts.join(','));
  store('port', ports.some(Boolean) ? ports.join(',') : '');
  rest = rest.slice(length);
  const queryAt = end === '?' ? 0 : rest.indexOf('?');
  const [database, query] =
    end === '?' ? ['', rest] : queryAt < 0 ? [rest, ''] : [rest.slice(0, queryAt), rest.slice(queryAt + 1)];
  // An unencoded special character in a password ends the host too early; the rest must not be printed as a name.
  if (database.includes('@')) {
    failToParse(origin);
  }
  store('dbname', database);
  const doubtful = account === '' && query.includes('@');
  readQuery(query, parameters, origin, doubtful);
  return { parameters, sqlalchemy: driver !== undefined, doubtful };
}

/** Whether a URL, even an invalid one, seems to contain a password. */
export function containsPassword(url: string): boolean {
  return /:\/\/[^/@]*:[^@]*@|[?&](?:ssl)?password=/i.test(url);
}

function hostsOf(text: string, origin: string): { hosts: string[]; ports: string[]; length: number; end: string } {
  const hosts: string[] = [];
  const ports: string[] = [];
  HOST_AND_PORT.lastIndex = 0;
  for (;;) {
    const [, ipv6, name = '', port = '', end = ''] = HOST_AND_PORT.exec(text) ?? failToParse(origin);
    const host = ipv6 ?? name;
    if (/[@#]/.test(host) || /[^\d\s]/.test(decoded(port, origin))) {
      failToParse(origin);
    }
    hosts.push(host);
    ports.push(port);
    if (end !== ',') {
      return { hosts, ports, length: HOST_AND_PORT.lastIndex, end };
    }
  }
}

function readQuery(query: string, parameters: Map<string, string>, origin: string, doubtful: boolean): void {
  const seen = new Set<string>();
  for (const pair of query.replace(/&$/, '').split('&')) {
    if (pair === '' && query.length < 2) {
      continue;
    }
    const words = pair.split('=');
    if (words.length !== 2 || words[0]?.includes('@')) {
      throw new InvalidInputError(`The query of ${origin} is not a list of NAME=VALUE pairs.`, {
        hint: 'Separate the parameters with "&"; within a value, percent-encode "=" as %3D and "&" as %26.',
      });
    }
    const [name = '', value = ''] = words.map((word) => decoded(word, origin));
    const known = name === 'ssl' ? 'sslmode' : name;
    if (seen.has(known)) {
      throw new InvalidInputError(`${origin} sets a parameter twice${doubtful ? '' : `: "${name}"`}.`, {
        hint: 'Set each once; write several hosts as host=one,two.',
      });
    }
    seen.add(known);
    parameters.set(known, name === 'ssl' ? sslModeOf(value) : value);
  }
}

/** Converts the `ssl` of asyncpg, which takes the values of sslmode, and of libpq, which takes `true` only. */
function sslModeOf(ssl: string): string {
  const words: Record<string, string> = { true: 'require', '1': 'require', false: 'disable', '0': 'disable' };
  return words[ssl.toLowerCase()] ?? ssl;
}

function decoded(text: string, origin: string): string {
  try {
    const plain = decodeURIComponent(text);
    if (!plain.includes('\0')) {
      return plain;
    }
  } catch {
    // Reported below, without the text.
  }
  throw new InvalidInputError(`${origin} has a "%" that does not start a valid escape.`, {
    hint: 'Write a literal percent sign as %25.',
  });
}

function failToParse(origin: string): never {
  throw new InvalidInputError(`${origin} is not a valid PostgreSQL URL.`, { hint: ENCODE });
}
