import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { InvalidInputError } from '../errors.ts';
import type { ServerTarget } from './target.ts';

/**
 * The ways to connect that the target's sslmode allows, in the order in which libpq tries them: `false` is a connection
 * without TLS. A Unix socket never has TLS.
 * @throws InvalidInputError when a certificate file cannot be read, or there is nothing to verify a certificate with
 * @see https://www.postgresql.org/docs/17/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export async function tlsAttempts(target: ServerTarget): Promise<(ConnectionOptions | false)[]> {
  if (target.host.startsWith('/') || target.sslMode === 'disable') {
    return [false];
  }
  // Only here: to load it takes Node as long as to connect to a socket.
  const tls = await import('node:tls');
  const files = certificateFiles(target, tls);
  if (target.sslRootCert === 'system' && target.sslMode !== 'verify-full') {
    throw new InvalidInputError(`sslrootcert=system does not go with sslmode=${target.sslMode}.`, {
      hint: 'Use sslmode=verify-full, or another sslrootcert: anybody can have a certificate that the system trusts.',
    });
  }
  if (target.sslMode.startsWith('verify-') && !files.ca) {
    throw new InvalidInputError(`sslmode=${target.sslMode} needs a root certificate, and there is none.`, {
      hint: 'Put it into ~/.postgresql/root.crt, or name it with sslrootcert; sslrootcert=system takes those of the system.',
    });
  }
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
      // By default an address would be taken for "localhost": the driver hands a connected socket over, and no name.
      return [
        {
          ...files,
          rejectUnauthorized: true,
          checkServerIdentity: (_name, certificate) => tls.checkServerIdentity(target.host, certificate),
        },
      ];
  }
}

function certificateFiles(target: ServerTarget, tls: typeof import('node:tls')): ConnectionOptions {
  const inHome = (name: string) => join(target.certificateDirectory, name);
  const options: ConnectionOptions = {};
  const ca = target.sslRootCert ?? ifExists(inHome('root.crt'));
  const cert = target.sslCert ?? ifExists(inHome('postgresql.crt'));
  const key = target.sslKey ?? ifExists(inHome('postgresql.key'));
  if (ca) {
    options.ca = ca === 'system' ? tls.getCACertificates('system') : read(ca, 'sslrootcert');
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
