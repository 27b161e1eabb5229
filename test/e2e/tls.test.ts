import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { webmacs } from '../support/program.ts';
import { aTlsServer, hasOpenssl, type TlsServer } from '../support/tls-server.ts';

let server: TlsServer;
let port = 0;
let password = '';

beforeAll(async () => {
  if (!hasOpenssl()) {
    return;
  }
  server = await aTlsServer();
  ({ port, password } = server);
  await server.allow('on');
  const DATABASE_URL = `postgresql://webmacs:${password}@127.0.0.1:${port}/webmacs`;
  await webmacs(['db', 'migrate'], { env: { DATABASE_URL } });
}, 180_000);

afterAll(async () => await server?.[Symbol.asyncDispose]());

async function inUse(host: string, query: string) {
  const file = (name: string) => `sslrootcert=${encodeURIComponent(server.file(`${name}.crt`))}`;
  const parameters = query.replace(/AUTHORITY|STRANGER/, (name) => file(name.toLowerCase()));
  const DATABASE_URL = `postgresql://webmacs@${host}:${port}/webmacs?${parameters}`;
  return await webmacs(['users', 'list', '--json'], {
    env: { DATABASE_URL, PGPASSWORD: password, HOME: '/nonexistent' },
  });
}

const tlsTest = test.skipIf(!hasOpenssl());

tlsTest.each([
  ['the host name of the certificate passes verify-full', 'localhost', `sslmode=verify-full&AUTHORITY`],
  ['any host name passes verify-ca', '127.0.0.1', `sslmode=verify-ca&AUTHORITY`],
  ['require alone takes any certificate', '127.0.0.1', 'sslmode=require'],
  ['require with a root certificate is verify-ca', '127.0.0.1', `sslmode=require&AUTHORITY`],
  ['prefer takes TLS as it comes', '127.0.0.1', 'sslmode=prefer'],
  ["asyncpg's ssl=require", '127.0.0.1', 'ssl=require'],
])('%s', async (_what, host, query) => {
  expect(await inUse(host, query)).toMatchObject({ code: 0, stdout: '[]\n' });
});

tlsTest.each([
  ['verify-full refuses another host name', '127.0.0.1', `sslmode=verify-full&AUTHORITY`, 5],
  ["verify-ca refuses a stranger's certificate", 'localhost', `sslmode=verify-ca&STRANGER`, 5],
  ['require refuses it too where a root certificate is given', 'localhost', `sslmode=require&STRANGER`, 5],
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
