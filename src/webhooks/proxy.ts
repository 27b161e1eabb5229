import { BlockList, isIP } from 'node:net';
import { InvalidInputError } from '../errors.ts';

/** The environment, with the proxy variables that curl and Node use. */
export type ProxyEnvironment = Record<string, string | undefined>;

/**
 * Returns the proxy for a request: `https_proxy` or `http_proxy`, else `all_proxy`, in lower or upper case, unless
 * `no_proxy` lists the host (`example.org` and its subdomains, `host:port`, a network such as `10.0.0.0/8`, or `*`). An
 * empty variable counts as unset. Existing packages read only the environment of the process.
 * @throws InvalidInputError for a variable that is not the URL of an HTTP proxy
 */
export function proxyFor(url: URL, environment: ProxyEnvironment): URL | undefined {
  const named = (name: string) => environment[name] || environment[name.toUpperCase()];
  const variables = [url.protocol === 'https:' ? 'https_proxy' : 'http_proxy', 'all_proxy'];
  const variable = variables.find(named);
  const proxy = variable && named(variable);
  if (!proxy || isBypassed(url, named('no_proxy') ?? '')) {
    return undefined;
  }
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!URL.canParse(address) || !/^https?:/i.test(address)) {
    // The value is not printed: it may contain a password.
    throw new InvalidInputError(`${variable.toUpperCase()} is not the URL of an HTTP proxy.`, {
      hint: 'Set it to http://HOST:PORT, or unset it.',
    });
  }
  // A path means nothing to a proxy, and is refused by the client.
  return Object.assign(new URL(address), { pathname: '', search: '', hash: '' });
}

function isBypassed(url: URL, exceptions: string): boolean {
  const host = withoutBrackets(url.hostname.toLowerCase());
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      // An address with several colons has a port only after brackets.
      const [, name = entry, only] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      const domain = withoutBrackets(name).replace(/^\*?\./, '');
      const matches = host === domain || host.endsWith(`.${domain}`) || isInNetwork(host, name);
      return entry === '*' || ((only ?? port) === port && matches);
    });
}

/** Whether an address is in a network such as `10.0.0.0/8` or `fd00::/8`. */
function isInNetwork(host: string, network: string): boolean {
  const [, address = '', bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(network) ?? [];
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family || Number(bits) > (family === 4 ? 32 : 128)) {
    return false;
  }
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Returns an IPv6 address without its brackets. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
