import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hashPassword } from '../../src/auth/password.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEmptySite, aSite, aUser, columns, insertRow, layout } from '../support/site.ts';

const site = await aSite();
const folder = temporaryDirectory();
const user = await aUser(site, { username: 'ada', admin: true });
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const SECRET = 's3cret-'.repeat(6);
const serverUrl = (url: string) => url.replace('postgresql://', 'postgresql+asyncpg://');
const GOOD = {
  DATABASE_URL: serverUrl(site.url),
  SECRET_KEY: SECRET,
  INITIAL_ADMIN_PASSWORD: `${SECRET}pw`,
  TIMEZONE: 'Europe/Berlin',
  WEBMACS_PLUGIN_DIR: folder.path,
};

interface Finding {
  check: string;
  status: string;
  finding: string;
  fix: string | null;
}

async function doctor(change: Record<string, string | undefined> = {}, ...more: string[]) {
  const file = join(folder.path, 'server.env');
  const lines = Object.entries({ ...GOOD, ...change }).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${value}\n`,
  );
  writeFileSync(file, `# The server\n${lines.join('')}`);
  const { code, stdout, stderr } = await site.run(['doctor', file, '--json', ...more]);
  expect(stdout + stderr).not.toContain('s3cret');
  return { code, stderr, findings: JSON.parse(stdout || '[]') as Finding[] };
}

async function problemsOf(change: Record<string, string | undefined>): Promise<string[]> {
  const { code, findings } = await doctor(change);
  const problems = findings.filter(({ status }) => status === 'problem');
  expect(code).toBe(problems.length > 0 ? 6 : 0);
  expect(problems.every(({ fix }) => fix !== null)).toBe(true);
  return problems
    .map(({ check, finding }) => `${check}: ${finding}`)
    .filter((text) => !text.startsWith('layout: that of webmacs'));
}

describe('doctor', () => {
  test.runIf(layout !== 'own')('finds nothing wrong with good settings', async () => {
    const { code, findings } = await doctor();
    expect([code, findings.filter(({ status }) => status === 'problem')]).toEqual([0, []]);
    expect(findings.map(({ check }) => check)).toEqual([
      ...['SECRET_KEY', 'INITIAL_ADMIN_PASSWORD', 'database', 'layout', 'migrations', 'webhooks', 'clock'],
      ...['TIMEZONE', 'WEBMACS_PLUGIN_DIR'],
    ]);
    expect(findings).toContainEqual({ check: 'layout', status: 'ok', finding: layout, fix: null });
  });

  test.runIf(layout === 'own')('says that the server cannot use our own layout', async () => {
    const { code, findings } = await doctor();
    expect([code, findings.find(({ check }) => check === 'layout')?.finding]).toEqual([
      6,
      'that of webmacs itself, which the server cannot use',
    ]);
  });

  test.each<[Record<string, string | undefined>, string]>([
    [{ SECRET_KEY: undefined }, 'SECRET_KEY: not set'],
    [{ SECRET_KEY: 's3cret' }, 'SECRET_KEY: 6 characters: production refuses fewer than 32'],
    [{ SECRET_KEY: 'change-me-generate-with-openssl-rand-hex-32' }, 'SECRET_KEY: that of the example file'],
    [{ TIMEZONE: 'Europe/Berlim' }, 'TIMEZONE: "Europe/Berlim" is not the name'],
    [{ TIMEZONE: '+01:00' }, 'TIMEZONE: "+01:00" is not the name'],
    [{ WEBMACS_PLUGIN_DIR: '/nowhere/plugins' }, 'WEBMACS_PLUGIN_DIR: /nowhere/plugins does not exist here'],
    [{ DATABASE_URL: site.url }, 'DATABASE_URL: not for the driver of the server'],
    [{ DATABASE_URL: `${serverUrl(site.url)}&sslmode=disable` }, 'DATABASE_URL: its driver does not know sslmode'],
    [
      { DATABASE_URL: 'postgresql+asyncpg://u:s3cret@127.0.0.1:1/none' },
      'database: Cannot reach postgresql://u@127.0.0.1:1/none',
    ],
    [{ DATABASE_URL: 'mysql://u:s3cret@127.0.0.1:1/none' }, 'database: DATABASE_URL is not a PostgreSQL URL.'],
  ])('%j is a problem', async (change, expected) => {
    const problems = await problemsOf(change);
    expect(problems.filter((text) => text.startsWith(expected))).toHaveLength(1);
  });

  test('names what the server creates, or an account has, with a default password', async () => {
    expect(await problemsOf({ INITIAL_ADMIN_PASSWORD: undefined })).toEqual([]);
    const password = await hashPassword('admin123');
    await site.pool.query(`update users set ${columns.password} = $1, email = 'admin@webmacs.io'`, [password]);
    expect(await problemsOf({})).toEqual(['INITIAL_ADMIN_PASSWORD: the account "ada" has a default password']);
    await site.pool.query(`update users set ${columns.password} = 'x'`);
  });

  test('names webhooks that the client of the server cannot use', async () => {
    const urls = ['http://host:99999/', 'https://☃.example/', 'https://münchen.example/ok', 'http://u:s3cret@a b/'];
    for (const [at, url] of urls.entries()) {
      const row = { public_id: `w${at}`, url, events: '[]', enabled: true, user_public_id: user.publicId };
      await insertRow(site, 'webhooks', row);
    }
    expect(await problemsOf({})).toEqual([
      'webhooks: http://host:99999/: its host or port is not valid',
      'webhooks: https://☃.example/: its host name has characters that host names cannot have',
      'webhooks: http://***@a b/: it contains a blank or a control character',
    ]);
    await site.pool.query('delete from webhooks');
  });

  test('compares the clocks', async () => {
    const file = join(folder.path, 'server.env');
    const now = () => new Date(Date.now() - 60_000);
    const { code, stdout } = await site.run(['doctor', '--env-file', file, '--json'], { now });
    const clock = JSON.parse(stdout).find(({ check }: Finding) => check === 'clock');
    expect([code, clock]).toMatchObject([
      6,
      { status: 'problem', finding: expect.stringMatching(/^the database is (59|60|61) s ahead/) },
    ]);
  });

  test('reads references and any case, and --database-url for another address of the database', async () => {
    const change = { DATABASE_URL: `postgresql+asyncpg://u:\${PW:-s3cret}@db.invalid/webmacs`, SECRET_KEY: undefined };
    const { findings } = await doctor({ ...change, KEY: SECRET, secret_key: `\${KEY}` }, '--database-url', site.url);
    expect(findings.find(({ check }) => check === 'SECRET_KEY')).toMatchObject({ finding: '42 characters' });
    expect(findings.find(({ check }) => check === 'database')).toMatchObject({ status: 'ok' });
  });

  test('a missing file exits 3, and a file without a setting of the server 2', async () => {
    expect((await site.run('doctor /nowhere/.env')).code).toBe(3);
    expect((await site.run('doctor -', { input: 'PATH=/bin\n' })).code).toBe(2);
  });
});

test.runIf(layout === 'server-roles')(
  'doctor compares the migrations with the newest, and names an empty database',
  async () => {
    expect(await problemsOf({ ENV: 'production' })).toEqual(['migrations: no revision recorded']);
    await using empty = await anEmptySite();
    expect(await problemsOf({ DATABASE_URL: serverUrl(empty.url) })).toEqual([
      'layout: none: the schema "public" has no table',
    ]);
    await empty.run('db migrate --layout server-roles');
    await aUser(empty);
    expect(await problemsOf({ DATABASE_URL: serverUrl(empty.url), ENV: 'production' })).toEqual([]);
    await empty.pool.query(`update alembic_version set version_num = '004_rbac_api_tokens'`);
    expect(await problemsOf({ DATABASE_URL: serverUrl(empty.url) })).toEqual(['migrations: 004_rbac_api_tokens']);
  },
);
