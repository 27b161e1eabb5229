import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, startedWebmacs, temporaryDirectory, webmacs } from '../support/program.ts';

/** A server on a TCP port that requires a password and has no TLS: the embedded one, kept for other clients. */
const folder = temporaryDirectory();
const WEBMACS_DATA_DIR = join(folder.path, 'data');
const port = await freePort();
let url = '';
let password = '';

beforeAll(async () => {
  // For root the server runs under another account, which must get through.
  chmodSync(folder.path, 0o711);
  const started = await webmacs(['db', 'start', '--port', String(port)], { env: { WEBMACS_DATA_DIR } });
  expect(started.stderr).toContain('stays up');
  await webmacs(['db', 'migrate'], { env: { WEBMACS_DATA_DIR } });
  const { stdout } = await webmacs(['db', 'url', '--show-password'], { env: { WEBMACS_DATA_DIR } });
  url = stdout.trim();
  password = new URL(url).password;
});

afterAll(async () => {
  await webmacs(['db', 'stop', '--force'], { env: { WEBMACS_DATA_DIR } });
  folder[Symbol.dispose]();
});

async function listUsers(settings: Record<string, string>, query = '', run = webmacs) {
  const DATABASE_URL = settings.DATABASE_URL ?? `${url.replace(`:${password}@`, '@')}${query}`;
  return await run(['users', 'list', '--json'], { env: { ...settings, DATABASE_URL } });
}

test('the password is taken from the URL', async () => {
  expect(await listUsers({ DATABASE_URL: url })).toMatchObject({ code: 0, stdout: '[]\n' });
});

test('the password is taken from PGPASSWORD', async () => {
  expect((await listUsers({ PGPASSWORD: password })).code).toBe(0);
});

test('the password is taken from ~/.pgpass', async () => {
  using home = temporaryDirectory();
  writeFileSync(join(home.path, '.pgpass'), `# lab\n127.0.0.1:${port}:*:*:${password}\n`, { mode: 0o600 });
  // The driver looks for it in the home of its own process.
  expect((await listUsers({ HOME: home.path }, '', startedWebmacs)).code).toBe(0);
});

test('a password file is named by the URL or by PGPASSFILE, and nothing is said about it', async () => {
  using home = temporaryDirectory();
  const file = join(home.path, 'passwords');
  writeFileSync(file, `127.0.0.1:${port}:webmacs:webmacs:${password}\n`, { mode: 0o600 });
  const silent = { code: 0, stdout: '[]\n', stderr: '' };
  expect(await listUsers({ PGPASSFILE: file })).toEqual(silent);
  expect(await listUsers({ PGPASSFILE: '/nonexistent' }, `?passfile=${encodeURIComponent(file)}`)).toEqual(silent);
  expect(await listUsers({ PGPASSFILE: file, PGREQUIREAUTH: 'scram-sha-256' })).toEqual(silent);
  expect(await listUsers({ PGPASSFILE: file, PGREQUIREAUTH: 'password,md5' })).toMatchObject({ code: 5 });
});

test('a password file that others may read is not used, and a warning says so', async () => {
  using home = temporaryDirectory();
  const file = join(home.path, '.pgpass');
  writeFileSync(file, `*:*:*:*:${password}\n`);
  chmodSync(file, 0o644);
  const { code, stderr } = await webmacs(['users', 'list', '-q'], {
    env: { HOME: home.path, DATABASE_URL: url.replace(`:${password}@`, '@') },
  });
  expect(code).toBe(5);
  expect(stderr).toMatch(/^warning: password file ".*\.pgpass" has group or world access; permissions should be u=rw/);
  expect(stderr).toContain('chmod 0600');
  expect(stderr).not.toContain(password);
});

test('a wrong password exits 5 and is not repeated', async () => {
  const { code, stderr } = await listUsers({ PGPASSWORD: 'wr0ng-pw' });
  expect(code).toBe(5);
  expect(stderr).toContain('refused the login');
  expect(stderr).not.toContain('wr0ng-pw');
});

test('no password at all exits 5 and says where to put one', async () => {
  const { code, stderr } = await listUsers({});
  expect(code).toBe(5);
  expect(stderr).toContain('~/.pgpass');
});

test.each(['require', 'verify-full&sslrootcert=system'])(
  'sslmode=%s exits 5 where the server has no TLS',
  async (mode) => {
    const { code, stderr } = await listUsers({ PGPASSWORD: password }, `?sslmode=${mode}`);
    expect(code).toBe(5);
    expect(stderr).toContain('sslmode');
  },
);

test.each(['?sslmode=disable', '?sslmode=allow', '?sslmode=prefer', '?ssl=prefer', '?ssl=false'])(
  '%s works where the server has no TLS',
  async (query) => {
    expect((await listUsers({ PGPASSWORD: password }, query)).code).toBe(0);
  },
);

test('a server that never answers exits 5 after the connect time-out', async () => {
  const clients: Socket[] = [];
  const silent = createServer((client) => clients.push(client)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port: at } = silent.address() as { port: number };
  const waiting = (seconds: number) =>
    listUsers({ DATABASE_URL: `postgresql://u@127.0.0.1:${at}/db?sslmode=disable&connect_timeout=${seconds}` });
  const patient = waiting(3600);
  const first = await Promise.race([waiting(1), patient]);
  expect([first.code, first.stderr]).toEqual([5, expect.stringContaining('the connection timed out')]);
  silent.close();
  for (const client of clients) {
    client.destroy();
  }
  expect((await patient).stderr).toContain('Lost the connection');
});
