import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { serverPassword, startServer, stopServer } from '../../src/database/embedded-server/start-stop.ts';
import { freePort, temporaryDirectory } from './program.ts';

const CRL_SETTINGS = `[ca]
default_ca = it
[it]
database = index.txt
default_md = sha256
default_crl_days = 2
`;

/** Connections that the server accepts over TCP: without TLS only, both, or both possible but only one allowed. */
export type Access = 'off' | 'on' | 'hostssl' | 'hostnossl';

/** A server on a TCP port, with a certificate for "localhost" from a test authority. */
export interface TlsServer extends AsyncDisposable {
  port: number;
  socketDirectory: string;
  password: string;
  /** The path of `authority.crt`, which signed the server's certificate, `stranger.crt`, which did not, or the `.crl` of either. */
  file(name: string): string;
  allow(access: Access): Promise<void>;
}

export async function aTlsServer(): Promise<TlsServer> {
  const folder = temporaryDirectory();
  const file = (name: string) => join(folder.path, name);
  const directory = file('server');
  const port = await freePort();
  // For root the server runs as another user, which needs access.
  chmodSync(folder.path, 0o711);
  makeCertificates(folder.path);
  const { socket_directory: socketDirectory } = await startServer(directory, port, {});
  const [version = ''] = readdirSync(directory).filter((name) => /^\d+$/.test(name));
  const data = join(directory, version, 'data');
  const { uid, gid } = statSync(data);
  for (const name of ['server.key', 'server.crt']) {
    chmodSync(file(name), 0o600);
    chownSync(file(name), uid, gid);
  }
  const ask = async (...statements: string[]) => {
    const client = new pg.Client({ host: socketDirectory, port, user: 'webmacs', database: 'webmacs', ssl: false });
    await client.connect();
    let answer: unknown;
    for (const sql of statements) {
      answer = Object.values((await client.query(sql)).rows[0] ?? {})[0];
    }
    await client.end();
    return String(answer);
  };
  const loadTime = async () => await ask('select extract(epoch from pg_conf_load_time())');
  return {
    port,
    socketDirectory,
    password: serverPassword(directory) ?? '',
    file,
    async allow(access) {
      const kind = access.startsWith('host') ? access : 'host';
      const addresses = ['127.0.0.1/32', '::1/128'];
      const rules = addresses.map((address) => `${kind} all all ${address} scram-sha-256\n`);
      writeFileSync(join(data, 'pg_hba.conf'), `local all all trust\n${rules.join('')}`);
      const before = await loadTime();
      await ask(
        `alter system set ssl_cert_file = '${file('server.crt')}'`,
        `alter system set ssl_key_file = '${file('server.key')}'`,
        `alter system set ssl = ${access === 'off' ? 'off' : 'on'}`,
        'select pg_reload_conf()',
      );
      for (const deadline = Date.now() + 30_000; (await loadTime()) === before; await sleep(20)) {
        if (Date.now() > deadline) {
          throw new Error('The server did not reload its configuration.');
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await stopServer(directory, true, 10_000);
      folder[Symbol.dispose]();
    },
  };
}

/** Whether openssl is installed, to create certificates. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function makeCertificates(folder: string): void {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['authority', 'stranger']) {
    openssl(
      'req',
      '-x509',
      ...ec,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    );
  }
  openssl(
    ...['req', ...ec, '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'server.key', '-out', 'server.csr'],
  );
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial'],
    ...['-days', '2', '-copy_extensions', 'copy', '-out', 'server.crt'],
  );
  for (const name of ['authority', 'stranger']) {
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(join(folder, 'ca.cnf'), CRL_SETTINGS);
    openssl(
      ...['ca', '-gencrl', '-config', 'ca.cnf', '-cert', `${name}.crt`, '-keyfile', `${name}.key`],
      ...['-out', `${name}.crl`],
    );
  }
}
