import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { InvalidInputError } from '../errors.ts';
import { isSocket, type ServerHost } from './hosts.ts';
import type { TlsFile, TlsSettings } from './tls-settings.ts';

type Tls = typeof import('node:tls');

/**
 * The ways to connect that the sslmode allows, in the order in which libpq tries them: `false` is a connection without
 * TLS. A Unix socket never has TLS. Wherever there is a root certificate, the server's must come from it.
 * @throws InvalidInputError when a certificate file cannot be read, or there is nothing to verify a certificate with
 * @see https://www.postgresql.org/docs/17/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export async function tlsAttempts(settings: TlsSettings, host: ServerHost): Promise<(ConnectionOptions | false)[]> {
  if (isSocket(host) || settings.mode === 'disable') {
    return [false];
  }
  // Only here: to load it takes Node as long as to connect to a socket.
  const tls = await import('node:tls');
  const options: ConnectionOptions = {
    minVersion: settings.minVersion,
    ...(settings.maxVersion ? { maxVersion: settings.maxVersion } : {}),
    ...(settings.serverNameIndication && host.name && isIP(host.name) === 0 ? { servername: host.name } : {}),
    ...ownCertificate(settings),
    ...verification(settings, host, tls),
  };
  switch (settings.mode) {
    case 'allow':
      return [false, options];
    case 'prefer':
      return [options, false];
    default:
      return [options];
  }
}

function verification(settings: TlsSettings, host: ServerHost, tls: Tls): ConnectionOptions {
  const { mode, rootCertificate } = settings;
  const ca = rootCertificate === 'system' ? tls.getCACertificates('system') : contentOf(rootCertificate, 'sslrootcert');
  if (!ca) {
    if (mode.startsWith('verify-')) {
      throw new InvalidInputError(`sslmode=${mode} needs a root certificate, and there is none.`, {
        hint: 'Put it into ~/.postgresql/root.crt, or name it with sslrootcert; sslrootcert=system takes those of the system.',
      });
    }
    return { rejectUnauthorized: false };
  }
  if (mode === 'verify-full' && host.name === '') {
    throw new InvalidInputError('sslmode=verify-full needs a host name, and only hostaddr is given.', {
      hint: 'Give host too; hostaddr then only says where to connect to.',
    });
  }
  return {
    ca,
    ...revocations(settings),
    rejectUnauthorized: true,
    // By default an address would be taken for "localhost": the driver hands a connected socket over, and no name.
    checkServerIdentity: (_name, certificate) =>
      mode !== 'verify-full' || isCommonName(host.name, certificate)
        ? undefined
        : tls.checkServerIdentity(host.name, certificate),
  };
}

/** An address may be the common name of a certificate that has no other names; Node.js looks for host names only there. */
function isCommonName(name: string, { subject, subjectaltname }: PeerCertificate): boolean {
  return isIP(name) !== 0 && subjectaltname === undefined && subject?.CN === name;
}

function revocations({ revocationList, revocationDirectory: directory }: TlsSettings): ConnectionOptions {
  const lists = [contentOf(revocationList, 'sslcrl') ?? []].flat();
  if (directory !== undefined) {
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => /^[\da-f]{8}\.r\d+$/.test(name)) : [];
    if (names.length === 0) {
      throw new InvalidInputError(`The sslcrldir ${directory} has no revocation list.`, {
        hint: 'Put the lists there and run "openssl rehash" on it, or name one file with sslcrl.',
      });
    }
    lists.push(...names.map((name) => read(join(directory, name), 'sslcrldir')));
  }
  return lists.length > 0 ? { crl: lists } : {};
}

function ownCertificate({ certificate, key, keyPassword }: TlsSettings): ConnectionOptions {
  const cert = certificate && contentOf(certificate, 'sslcert');
  if (!certificate || !cert) {
    return {};
  }
  if (!existsSync(key.path)) {
    throw new InvalidInputError(`There is the certificate ${certificate.path}, but not its key ${key.path}.`, {
      hint: 'Name the key with sslkey, or set sslcertmode=disable.',
    });
  }
  refuseOpenKey(key.path);
  return { cert, key: read(key.path, 'sslkey'), ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) };
}

function refuseOpenKey(path: string): void {
  const { uid, mode } = statSync(path);
  // As libpq: a group may read what belongs to root.
  if (mode & (uid === 0 ? 0o037 : 0o077)) {
    throw new InvalidInputError(`The private key ${path} can be read by others.`, { hint: `chmod 0600 ${path}` });
  }
}

function contentOf({ path, named }: TlsFile, what: string): Buffer | undefined {
  return named || existsSync(path) ? read(path, what) : undefined;
}

function read(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InvalidInputError(`The ${what} file ${file} cannot be read.`, {
      hint: `Correct ${what}, or leave it out.`,
      cause,
    });
  }
}
