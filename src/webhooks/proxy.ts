import { BlockList, isIP } from 'node:net';
import { InvalidInputError } from '../errors.ts';

/** The environment, in which proxies are named as curl and Node name them. */
export type ProxyEnvironment = Record<string, string | undefined>;

/**
 * The proxy that a request goes through: `https_proxy` or `http_proxy`, else `all_proxy`, in lower or upper case, unless
 * `no_proxy` has the host (`example.org` with all below it, `host:port`, a network such as `10.0.0.0/8`, or `*`). An empty
 * variable is as good as none. What packages there are for this read only the process's own environment.
 * @throws InvalidInputError for a variable that holds no URL of an HTTP proxy
 */
export function proxyFor(url: URL, environment: ProxyEnvironment): URL | undefined {
  const named = (name: string) => environment[name] || environment[name.toUpperCase()];
  const variables = [url.protocol === 'https:' ? 'https_proxy' : 'http_proxy', 'all_proxy'];
  const variable = variables.find(named);
  const proxy = variable && named(variable);
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

/** An IPv6 address without its brackets. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
