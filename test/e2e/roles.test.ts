import { afterAll, describe, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSite } from '../support/site.ts';

cheapHashes();

const site = await aSite('server-roles');
afterAll(() => site[Symbol.asyncDispose]());
const input = 'correct horse';

async function newUser(name: string, ...more: string[]): Promise<{ code: number | null; stderr: string }> {
  return await site.run(
    ['users', 'create', name, '--email', `${name}@lab.org`, '--password-stdin', '--json', ...more],
    { input },
  );
}

async function roleOf(name: string): Promise<string> {
  return (await site.pool.query('select role from users where username = $1', [name])).rows[0]?.role;
}

await newUser('root', '--admin');

describe('where the server keeps roles', () => {
  test.each([
    ['--admin', 'admin'],
    ['--role=admin', 'admin'],
    ['--role=operator', 'operator'],
    ['--role=viewer', 'viewer'],
    ['--if-not-exists', 'viewer'],
  ])('users create %s makes the role %s', async (option, role) => {
    const name = `made-${option.replaceAll(/\W/g, '')}`;
    expect((await newUser(name, option)).code).toBe(0);
    expect(await roleOf(name)).toBe(role);
  });

  test('users update changes it; --no-admin makes an admin a viewer, and an operator stays one', async () => {
    await newUser('ursula', '--role', 'operator');
    await site.run('users update ursula --no-admin');
    expect(await roleOf('ursula')).toBe('operator');
    const { stdout } = await site.run('users update ursula --admin --json');
    expect(JSON.parse(stdout)).toMatchObject({ role: 'admin', admin: true });
    await site.run('users update ursula --no-admin');
    expect(await roleOf('ursula')).toBe('viewer');
    await site.run('users update ursula --role operator');
    expect(await roleOf('ursula')).toBe('operator');
  });

  test('another update does not change the role', async () => {
    await newUser('olga', '--role', 'operator');
    await site.run('users update olga --email olga@new.org');
    expect(await roleOf('olga')).toBe('operator');
  });

  test('--role and --admin together are refused, and so is an unknown role', async () => {
    expect((await newUser('both', '--admin', '--role', 'viewer')).code).toBe(2);
    expect((await newUser('other', '--role', 'owner')).stderr).toContain('admin, operator, viewer');
  });

  test('list and show say the role', async () => {
    await newUser('lena', '--role', 'operator');
    const { stdout } = await site.run('users list');
    expect(stdout).toMatch(/^lena\tlena@lab.org\toperator\t\d{4}/m);
    expect(JSON.parse((await site.run('users show lena --json')).stdout)).toMatchObject({
      role: 'operator',
      admin: false,
    });
  });
});

test('the last admin cannot be given another role', async () => {
  await using other = await aSite('server-roles');
  await other.run('users create one --email one@lab.org --role admin --password-stdin', { input });
  const { code, stderr } = await other.run('users update one --role operator');
  expect([code, stderr]).toEqual([4, expect.stringContaining('"one" is the last admin')]);
  expect((await other.run('users update one --role operator --force')).code).toBe(0);
});

test('a single sign-on user keeps those columns, and gets a password only after a yes', async () => {
  await newUser('sam');
  await site.pool.query(`update users set sso_provider = 'Keycloak', sso_subject_id = '7' where username = 'sam'`);
  const asked = await site.run('users passwd sam --password-stdin', { input });
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('logs in through "Keycloak"')]);
  expect((await site.run('users passwd sam --password-stdin --yes', { input })).code).toBe(0);
  await site.run('users update sam --email sam@new.org');
  expect(JSON.parse((await site.run('users show sam --json')).stdout)).toMatchObject({
    email: 'sam@new.org',
    sso_provider: 'Keycloak',
    sso_subject_id: '7',
  });
});

test.each(['own', 'server-admin-flag'] as const)('%s has no roles, which is reported', async (layout) => {
  await using other = await aSite(layout);
  const words = 'users create ada --email ada@lab.org --role operator --password-stdin';
  const { code, stderr } = await other.run(words, { input });
  expect([code, stderr]).toEqual([2, expect.stringContaining('no roles')]);
  expect((await other.run('users list --json')).stdout).toBe('[]\n');
});
