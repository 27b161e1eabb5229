import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Parameters } from './parameters.ts';

/** A server to try. */
export interface ServerHost {
  /** A name, an address, or the directory of a Unix socket; empty where there is only an address of `hostaddr`. */
  name: string;
  /** The address to connect to, instead of looking up the name. */
  address?: string;
  port: number;
}

const DEFAULT_PORT = 5432;

/** Default socket directories: of Debian-based systems, and of PostgreSQL itself. */
export const SOCKET_DIRECTORIES = process.platform === 'win32' ? [] : ['/var/run/postgresql', '/tmp'];

/**
 * Returns the servers that `host`, `hostaddr` and `port` list, in order.
 * @throws InvalidInputError when the lists do not match
 * @see https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-MULTIPLE-HOSTS
 */
export function serverHosts(parameters: Parameters): ServerHost[] {
  const names = parameters.text('host')?.split(',') ?? [];
  const addresses = parameters.text('hostaddr')?.split(',') ?? [];
  const ports = (parameters.text('port')?.split(',') ?? ['']).map((port) => portNumber(port, parameters));
  const count = addresses.length || names.length || 1;
  if (names.length > 0 && names.length !== count) {
    parameters.fail('hostaddr', `Set as many addresses as hosts: ${names.length}, not ${count}.`);
  }
  if (ports.length > 1 && ports.length !== count) {
    parameters.fail('port', `Set one port, or as many as hosts: ${count}, not ${ports.length}.`);
  }
  return Array.from({ length: count }, (_, at) => {
    const port = ports[at] ?? ports[0] ?? DEFAULT_PORT;
    const name = names[at] ?? '';
    const address = addresses[at];
    if (name.startsWith('@')) {
      parameters.fail('host', 'Sockets in the abstract namespace are not supported; use a directory.');
    }
    if (!address) {
      return { name: name || defaultName(port), port };
    }
    return isIP(address) ? { name, address, port } : parameters.fail('hostaddr', 'Use numeric addresses.');
  });
}

/** Whether the server is reached by a Unix socket. */
export function isSocket({ name, address }: ServerHost): boolean {
  return address === undefined && name.startsWith('/');
}

function portNumber(text: string, parameters: Parameters): number {
  if (text === '') {
    return DEFAULT_PORT;
  }
  const port = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : parameters.fail('port', 'Use a number from 1 to 65535.');
}

function defaultName(port: number): string {
  return SOCKET_DIRECTORIES.find((directory) => existsSync(`${directory}/.s.PGSQL.${port}`)) ?? 'localhost';
}
