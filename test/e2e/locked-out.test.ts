import { afterAll, describe, expect, test } from 'vitest';
import { aSite, aUser, columns, layout } from '../support/site.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const input = 'correct horse';
const HASH = `$2b$12$${'a'.repeat(53)}`;
const isServers = layout !== 'own';

const create = async (name: string, email: string) =>
  await site.run(['users', 'create', name, '--email', email, '--password-stdin', '--json'], { input });

/** An account as another program, or an earlier version, has stored it. */
async function stored(username: string, email: string, hash = HASH): Promise<string> {
  const { publicId } = await aUser(site, { username });
  await site.pool.query(`update users set email = $1, ${columns.password} = $2 where public_id = $3`, [
    email,
    hash,
    publicId,
  ]);
  return username;
}

describe('an address is stored as log-in compares it', () => {
  test.each([
    ['create-case', 'Ada@Lab.ORG', 'Ada@lab.org'],
    ['create-punycode', 'ada@xn--bro-hoa.de', 'ada@büro.de'],
    ['create-decomposed', 'andre\u0301@lab.org', 'andr\u00e9@lab.org'],
  ])('%s', async (name, given, compared) => {
    expect(JSON.parse((await create(name, given)).stdout)).toMatchObject({ email: compared });
    const moved = await site.run(['users', 'update', name, '--email', `new${given}`, '--json']);
    expect(JSON.parse(moved.stdout)).toMatchObject({ email: `new${compared}` });
  });

  test('so that no second account can have the same one in other letters', async () => {
    expect((await create('eve', 'eve@lab.org')).code).toBe(0);
    const { code, stderr } = await create('eva', 'eve@LAB.org');
    expect([code, stderr]).toEqual([4, expect.stringContaining('eve@lab.org')]);
  });
});

test.each(['x..y@lab.org', 'x@-lab.org', 'x@lab_1.org', 'x@lab.org.', 'x@[192.0.2.1]', 'x@lab.1'])(
  'the address %s is refused with 2',
  async (email) => {
    const { code, stderr } = await create('frank', email);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not a valid e-mail address')]);
  },
);

test('a special-use domain is refused where the server would, and accepted where there is none', async () => {
  const { code, stderr } = await create('gina', 'gina@rig.local');
  expect(code).toBe(isServers ? 2 : 0);
  expect(stderr).toContain(isServers ? 'accepts no log-in with the special-use domain' : '');
});

describe('db check', () => {
  test('lists accounts that are locked out, and exits 6', async () => {
    await stored('upper', 'upper@Lab.org');
    await stored('refused', 'x..y@lab.org');
    await stored('foreign', 'foreign@lab.org', '$argon2id$v=19$m=65536$x');
    await stored('empty', 'empty@lab.org', '');
    await stored('both', 'both@Lab.org', '');
    await stored('fine', 'fine@lab.org', HASH.replace('b', 'y'));
    await stored('special', 'special@rig.local');
    const { code, stdout, stderr } = await site.run('db check');
    expect(code).toBe(6);
    expect(stdout).toContain('User "upper" (upper@Lab.org) is locked out: log-in compares with "upper@lab.org".');
    expect(stdout).toContain('"refused" (x..y@lab.org) is locked out: log-in refuses the address.');
    expect(stdout).toContain('"foreign" (foreign@lab.org) is locked out: the password was not hashed with bcrypt.');
    expect(stdout).toContain('"empty" (empty@lab.org) is locked out: there is no password.');
    expect(stdout).toContain('is locked out: log-in compares with "both@lab.org", and there is no password.');
    expect(stdout).not.toContain('"fine"');
    expect(stdout.includes('"special"')).toBe(isServers);
    expect(stderr).toContain('users update USER --email ADDRESS');
  });

  test('what it says to do lets them in again', async () => {
    await using other = await aSite();
    expect((await other.run('db check')).code).toBe(0);
    const { username } = await aUser(other, { hash: 'x' });
    expect((await other.run('db check')).code).toBe(6);
    await other.run(['users', 'passwd', username, '--generate-password']);
    expect((await other.run('db check')).code).toBe(0);
  });

  test('prints them as JSON', async () => {
    const { locked_out } = JSON.parse((await site.run('db check --json')).stdout);
    expect(locked_out).toContainEqual({
      username: 'upper',
      email: 'upper@Lab.org',
      reason: 'log-in compares with "upper@lab.org"',
      provider: null,
    });
  });

  test.runIf(layout === 'server-roles')('only notes an account with single sign-on, and exits 0', async () => {
    await using other = await aSite();
    const { username } = await aUser(other, { hash: 'x' });
    await other.pool.query(`update users set sso_provider = 'keycloak', sso_subject_id = '7'`);
    const { code, stderr } = await other.run('db check');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(`"${username}" (${username}@lab.org) can log in only through "keycloak"`),
    ]);
  });
});

test('users passwd warns that log-in refuses the address, and says what to do', async () => {
  const user = await stored('warned', 'warned@Lab.org');
  const { code, stderr } = await site.run(['users', 'passwd', user, '--password-stdin'], { input });
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(
      /warning: "warned" is locked out: .*\. Change it: webmacs users update \S{36} --email ADDRESS/,
    ),
  ]);
  await site.run(['users', 'update', user, '--email', 'warned@lab.org']);
  expect((await site.run(['users', 'passwd', user, '--password-stdin'], { input })).stderr).not.toContain('warning');
});

test.runIf(layout === 'server-roles')('users unlink-sso warns likewise', async () => {
  const user = await stored('linked', 'linked@Lab.org');
  await site.run(['users', 'link-sso', user, '--provider', 'P', '--subject', 'S']);
  expect((await site.run(['users', 'unlink-sso', user])).stderr).toContain('warning: "linked" is locked out: log-in');
});
