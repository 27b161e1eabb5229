import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';
import { InvalidInputError } from '../errors.ts';
import { defined } from '../text/defined.ts';
import { shellWord } from '../text/shell-word.ts';
import { isSocket, type ServerHost } from './hosts.ts';
import type { TlsFile, TlsSettings } from './tls-settings.ts';

type Tls = typeof import('node:tls');

/**
 * Returns the connections that the sslmode allows, in the order in which libpq tries them; `false` is one without TLS. A
 * Unix socket never has TLS. If there is a root certificate, the server's certificate must be signed by it.
 * @throws InvalidInputError when a certificate file cannot be read, or the certificate needed for verification is missing
 * @see https://www.postgresql.org/docs/17/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export async function tlsAttempts(settings: TlsSettings, host: ServerHost): Promise<(ConnectionOptions | false)[]> {
  if (isSocket(host) || settings.mode === 'disable') {
    return [false];
  }
  // Loaded only here: it takes Node.js as long as connecting to a socket.
  const tls = await import('node:tls');
  const options: ConnectionOptions = {
    minVersion: settings.minVersion,
    ...defined({
      maxVersion: settings.maxVersion,
      servername: settings.serverNameIndication && host.name && isIP(host.name) === 0 ? host.name : undefined,
    }),
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
      throw new InvalidInputError(`sslmode=${mode} needs a root certificate, but there is none.`, {
        hint: 'Put it in ~/.postgresql/root.crt, or set sslrootcert; sslrootcert=system uses those of the system.',
      });
    }
    return { rejectUnauthorized: false };
  }
  if (mode === 'verify-full' && host.name === '') {
    throw new InvalidInputError('sslmode=verify-full needs a host name, but only hostaddr is set.', {
      hint: 'Set host too; hostaddr is then only the address to connect to.',
    });
  }
  return {
    ca,
    ...revocations(settings),
    rejectUnauthorized: true,
    // The driver passes a connected socket without a name: by default an address would be verified as "localhost".
    checkServerIdentity: (_name, certificate) =>
      mode !== 'verify-full' || isCommonName(host.name, certificate)
        ? undefined
        : tls.checkServerIdentity(host.name, certificate),
  };
}

/** Whether an address is the common name of a certificate without other names, where Node.js expects only host names. */
function isCommonName(name: string, { subject, subjectaltname }: PeerCertificate): boolean {
  return isIP(name) !== 0 && subjectaltname === undefined && subject?.CN === name;
}

function revocations({ revocationList, revocationDirectory: directory }: TlsSettings): ConnectionOptions {
  const lists = [contentOf(revocationList, 'sslcrl') ?? []].flat();
  if (directory !== undefined) {
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => /^[\da-f]{8}\.r\d+$/.test(name)) : [];
    if (names.length === 0) {
      throw new InvalidInputError(`The sslcrldir ${directory} contains no revocation list.`, {
        hint: 'Put the lists there and run "openssl rehash" on it, or set sslcrl to one file.',
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
    throw new InvalidInputError(`The key ${key.path} of the certificate ${certificate.path} does not exist.`, {
      hint: 'Set sslkey to the key, or set sslcertmode=disable.',
    });
  }
  expectPrivate(key.path);
  return { cert, key: read(key.path, 'sslkey'), ...defined({ passphrase: keyPassword }) };
}

function expectPrivate(path: string): void {
  const { uid, mode } = statSync(path);
  // As in libpq, the group may read a key that root owns.
  if (mode & (uid === 0 ? 0o037 : 0o077)) {
    throw new InvalidInputError(`The private key ${path} can be read by other users.`, {
      hint: `chmod 0600 ${shellWord(path)}`,
    });
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
