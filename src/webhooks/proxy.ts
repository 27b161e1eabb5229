import { InvalidInputError } from '../errors.ts';

/** The environment, in which proxies are named as curl and Node name them. */
export type ProxyEnvironment = Record<string, string | undefined>;

/**
 * The proxy that a request goes through: `https_proxy` or `http_proxy`, in lower or upper case, unless `no_proxy` has
 * the host (`example.org` with all below it, `host:port`, or `*`).
 * @throws InvalidInputError for a variable that holds no URL of an HTTP proxy
 */
export function proxyFor(url: URL, environment: ProxyEnvironment): URL | undefined {
  const named = (name: string) => environment[name] || environment[name.toUpperCase()];
  const variable = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = named(variable);
  if (!proxy || isExcepted(url, named('no_proxy') ?? '')) {
    return undefined;
  }
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!URL.canParse(address) || !/^https?:/i.test(address)) {
    // Not repeated: it may have a password.
    throw new InvalidInputError(`${variable.toUpperCase()} names no HTTP proxy.`, {
      hint: 'Write it as http://HOST:PORT, or unset it.',
    });
  }
  return new URL(address);
}

function isExcepted(url: URL, exceptions: string): boolean {
  const host = bare(url.hostname.toLowerCase());
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      // Of several colons none is before a port, unless the address stands in brackets.
      const [, name = entry, only] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      const domain = bare(name).replace(/^\*?\./, '');
      return entry === '*' || ((only ?? port) === port && (host === domain || host.endsWith(`.${domain}`)));
    });
}

/** An IPv6 address without its brackets. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
