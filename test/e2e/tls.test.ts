import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, temporaryDirectory, webmacs } from '../support/program.ts';

/** A server on a TCP port, with a certificate for the host name "localhost" from an authority of its own. */
const folder = temporaryDirectory();
const WEBMACS_DATA_DIR = join(folder.path, 'data');
const port = await freePort();
const hasOpenssl = commandWorks('openssl', ['version']);
let password = '';

beforeAll(async () => {
  if (!hasOpenssl) {
    return;
  }
  chmodSync(folder.path, 0o711);
  certificates();
  await webmacs(['db', 'start', '--port', String(port)], { env: { WEBMACS_DATA_DIR } });
  await webmacs(['db', 'migrate'], { env: { WEBMACS_DATA_DIR } });
  const { stdout } = await webmacs(['db', 'url', '--show-password'], { env: { WEBMACS_DATA_DIR } });
  password = new URL(stdout.trim()).password;
  giveServer('server.key', 'server.crt');
  const client = new pg.Client({ connectionString: stdout.trim() });
  await client.connect();
  await client.query(`alter system set ssl_cert_file = '${join(folder.path, 'server.crt')}'`);
  await client.query(`alter system set ssl_key_file = '${join(folder.path, 'server.key')}'`);
  await client.query('alter system set ssl = on');
  await client.query('select pg_reload_conf()');
  await client.end();
});

afterAll(async () => {
  await webmacs(['db', 'stop', '--force'], { env: { WEBMACS_DATA_DIR } });
  folder[Symbol.dispose]();
});

async function inUse(host: string, query: string) {
  const DATABASE_URL = `postgresql://webmacs@${host}:${port}/webmacs?${query}`;
  return await webmacs(['users', 'list', '--json'], {
    env: { DATABASE_URL, PGPASSWORD: password, HOME: folder.path },
  });
}

const authority = `sslrootcert=${encodeURIComponent(join(folder.path, 'authority.crt'))}`;
const stranger = `sslrootcert=${encodeURIComponent(join(folder.path, 'stranger.crt'))}`;
const tlsTest = test.skipIf(!hasOpenssl);

tlsTest.each([
  ['the host name of the certificate passes verify-full', 'localhost', `sslmode=verify-full&${authority}`],
  ['any host name passes verify-ca', '127.0.0.1', `sslmode=verify-ca&${authority}`],
  ['require alone takes any certificate', '127.0.0.1', 'sslmode=require'],
  ['require with a root certificate is verify-ca', '127.0.0.1', `sslmode=require&${authority}`],
  ['prefer takes TLS as it comes', '127.0.0.1', 'sslmode=prefer'],
  ["asyncpg's ssl=require", '127.0.0.1', 'ssl=require'],
])('%s', async (_what, host, query) => {
  expect(await inUse(host, query)).toMatchObject({ code: 0, stdout: '[]\n' });
});

tlsTest.each([
  ['verify-full refuses another host name', '127.0.0.1', `sslmode=verify-full&${authority}`, 5],
  ["verify-ca refuses a stranger's certificate", 'localhost', `sslmode=verify-ca&${stranger}`, 5],
  ['require refuses it too where a root certificate is given', 'localhost', `sslmode=require&${stranger}`, 5],
  ['the system does not know the authority', 'localhost', 'sslmode=verify-full&sslrootcert=system', 5],
  ['verify-full without a root certificate', 'localhost', 'sslmode=verify-full', 2],
  ['system certificates without a look at the name', 'localhost', 'sslmode=verify-ca&sslrootcert=system', 2],
])('%s exits with a sentence', async (_what, host, query, exitCode) => {
  const { code, stdout, stderr } = await inUse(host, query);
  expect([code, stdout]).toEqual([exitCode, '']);
  expect(JSON.parse(stderr).error.hint).toContain('sslrootcert');
});

tlsTest('what travels is encrypted', async () => {
  const client = new pg.Client({
    connectionString: `postgresql://webmacs:${password}@127.0.0.1:${port}/webmacs`,
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
  await client.end();
  expect(rows).toEqual([{ ssl: true }]);
});

function certificates(): void {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder.path, stdio: 'ignore' });
  const root = (name: string) =>
    openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`],
    );
  root('authority');
  root('stranger');
  openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', 'server.key', '-out', 'server.csr'],
  );
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial'],
    ...['-days', '2', '-copy_extensions', 'copy', '-out', 'server.crt'],
  );
}

/** The server's account must own its key. */
function giveServer(...names: string[]): void {
  const [version = ''] = readdirSync(WEBMACS_DATA_DIR).filter((name) => /^\d+$/.test(name));
  const { uid, gid } = statSync(join(WEBMACS_DATA_DIR, version, 'data'));
  for (const name of names) {
    chmodSync(join(folder.path, name), 0o600);
    chownSync(join(folder.path, name), uid, gid);
  }
}

function commandWorks(program: string, words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
