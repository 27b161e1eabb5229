import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { InvalidInputError } from '../errors.ts';
import type { Parameters } from './parameters.ts';

/** The values of `sslmode`, with libpq's meanings. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
type TlsVersion = (typeof VERSIONS)[number];

/** A named file must exist; a default file is used if it exists. */
export interface TlsFile {
  path: string;
  named: boolean;
}

/** The TLS settings of libpq's parameters. */
export interface TlsSettings {
  mode: SslMode;
  /** Whether TLS starts at once, without asking the server first. */
  direct: boolean;
  /** `system` means the authorities that the system trusts. */
  rootCertificate: TlsFile | 'system';
  revocationList: TlsFile;
  revocationDirectory: string | undefined;
  /** `undefined` to send no certificate. */
  certificate: TlsFile | undefined;
  key: TlsFile;
  keyPassword: string | undefined;
  /** Whether the host name is sent to the server before the connection is encrypted. */
  serverNameIndication: boolean;
  minVersion: TlsVersion;
  maxVersion: TlsVersion | undefined;
}

/**
 * Returns the TLS settings.
 * @throws InvalidInputError for values that libpq would refuse
 * @see https://www.postgresql.org/docs/17/libpq-ssl.html
 */
export function tlsSettings(parameters: Parameters, environment: Environment, home: string): TlsSettings {
  const file = (name: 'sslrootcert' | 'sslcrl' | 'sslcert' | 'sslkey', usual: string): TlsFile => {
    const path = parameters.text(name);
    return path === undefined ? { path: join(home, '.postgresql', usual), named: false } : { path, named: true };
  };
  const system = parameters.text('sslrootcert') === 'system';
  const byDefault = environment.PGREQUIRESSL?.startsWith('1') ? 'require' : system ? 'verify-full' : 'prefer';
  const mode = parameters.choice('sslmode', SSL_MODES, byDefault);
  if (system && mode !== 'verify-full') {
    throw new InvalidInputError(`sslrootcert=system cannot be combined with sslmode=${mode}.`, {
      hint: 'Use sslmode=verify-full, or another sslrootcert: anyone can get a certificate that the system trusts.',
    });
  }
  const direct = parameters.choice('sslnegotiation', ['postgres', 'direct'], 'postgres') === 'direct';
  if (direct && !['require', 'verify-ca', 'verify-full'].includes(mode)) {
    throw new InvalidInputError(`sslnegotiation=direct cannot be combined with sslmode=${mode}.`, {
      hint: 'Use sslmode=require, verify-ca or verify-full.',
    });
  }
  const certificateMode = parameters.choice('sslcertmode', ['disable', 'allow', 'require'], 'allow');
  if (certificateMode === 'require') {
    parameters.fail('sslcertmode', 'Node.js cannot determine whether the server requested a certificate; use allow.');
  }
  const minVersion = version('ssl_min_protocol_version', parameters) ?? 'TLSv1.2';
  const maxVersion = version('ssl_max_protocol_version', parameters);
  if (maxVersion && VERSIONS.indexOf(maxVersion) < VERSIONS.indexOf(minVersion)) {
    parameters.fail('ssl_max_protocol_version', 'It must not be lower than ssl_min_protocol_version.');
  }
  return {
    mode,
    direct,
    rootCertificate: system ? 'system' : file('sslrootcert', 'root.crt'),
    revocationList: file('sslcrl', 'root.crl'),
    revocationDirectory: parameters.text('sslcrldir'),
    certificate: certificateMode === 'disable' ? undefined : file('sslcert', 'postgresql.crt'),
    key: file('sslkey', 'postgresql.key'),
    keyPassword: parameters.text('sslpassword'),
    serverNameIndication: parameters.text('sslsni') !== '0',
    minVersion,
    maxVersion,
  };
}

function version(
  name: 'ssl_min_protocol_version' | 'ssl_max_protocol_version',
  parameters: Parameters,
): TlsVersion | undefined {
  const text = parameters.text(name)?.toLowerCase();
  return text === undefined
    ? undefined
    : (VERSIONS.find((known) => known.toLowerCase() === text) ??
        parameters.fail(name, `Use one of ${VERSIONS.join(', ')}.`));
}
