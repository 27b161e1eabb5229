import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { InvalidInputError } from '../errors.ts';
import type { ServerTarget } from './target.ts';

/**
 * The ways to connect that the target's sslmode allows, in the order in which libpq tries them: `false` is a connection
 * without TLS. A Unix socket never has TLS.
 * @throws InvalidInputError when a certificate file cannot be read
 * @see https://www.postgresql.org/docs/17/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export function tlsAttempts(target: ServerTarget): (ConnectionOptions | false)[] {
  if (target.host.startsWith('/') || target.sslMode === 'disable') {
    return [false];
  }
  const files = certificateFiles(target);
  const unverified = { ...files, rejectUnauthorized: false };
  const anyName = { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  switch (target.sslMode) {
    case 'allow':
      return [false, unverified];
    case 'prefer':
      return [unverified, false];
    case 'require':
      // As in libpq, a root certificate that is there is used.
      return [files.ca ? anyName : unverified];
    case 'verify-ca':
      return [anyName];
    case 'verify-full':
      return [{ ...files, rejectUnauthorized: true }];
  }
}

function certificateFiles(target: ServerTarget): ConnectionOptions {
  const inHome = (name: string) => join(homedir(), '.postgresql', name);
  const options: ConnectionOptions = {};
  const ca = target.sslRootCert ?? ifExists(inHome('root.crt'));
  const cert = target.sslCert ?? ifExists(inHome('postgresql.crt'));
  const key = target.sslKey ?? ifExists(inHome('postgresql.key'));
  // "system" means the certificates that the runtime trusts, which is Node's default.
  if (ca && ca !== 'system') {
    options.ca = read(ca, 'sslrootcert');
  }
  if (cert && key) {
    options.cert = read(cert, 'sslcert');
    options.key = read(key, 'sslkey');
  }
  return options;
}

function ifExists(file: string): string | undefined {
  return existsSync(file) ? file : undefined;
}

function read(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InvalidInputError(`The ${what} file ${file} cannot be read.`, { cause });
  }
}
