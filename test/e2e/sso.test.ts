import { afterAll, expect, test } from 'vitest';
import { aSite } from '../support/site.ts';

const site = await aSite('server-roles');
afterAll(() => site[Symbol.asyncDispose]());

/** A user of the server's newer layout. */
async function aMember(username: string): Promise<string> {
  await site.run(['users', 'create', username, '--email', `${username}@lab.org`, '--generate-password', '--admin']);
  return username;
}

const link = async (user: string, subject: string, ...more: string[]) =>
  await site.run(['users', 'link-sso', user, '--provider', 'keycloak', '--subject', subject, ...more]);

test('an admin is linked, listed with --sso, unlinked, and listed with --no-sso', async () => {
  await aMember('alice');
  const linked = await link('alice', '42', '--json');
  expect(JSON.parse(linked.stdout)).toMatchObject({ sso_provider: 'keycloak', sso_subject_id: '42', role: 'admin' });
  expect((await site.run('users list --sso')).stdout).toContain('alice');
  expect((await site.run('users list --no-sso')).stdout).not.toContain('alice');
  const unlinked = await site.run('users unlink-sso alice');
  expect([unlinked.code, unlinked.stderr]).toEqual([0, expect.stringMatching(/webmacs users passwd [0-9a-f-]{36}/)]);
  expect((await site.run('users list --sso')).stdout).toBe('');
  expect((await site.run('users list --no-sso')).stdout).toContain('alice');
});

test('both can be repeated', async () => {
  await aMember('bert');
  expect([(await link('bert', '1')).code, (await link('bert', '1')).code]).toEqual([0, 0]);
  expect((await site.run('users unlink-sso bert')).code).toBe(0);
  expect(await site.run('users unlink-sso bert')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('has no single sign-on identity'),
  });
});

test('an identity belongs to one account, and an account has one identity', async () => {
  await aMember('carol');
  await aMember('dora');
  await link('carol', '7');
  expect(await link('dora', '7')).toMatchObject({ code: 4, stderr: expect.stringContaining('linked to "carol"') });
  expect(await link('carol', '8')).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/"carol" is already linked[\s\S]*webmacs users unlink-sso [0-9a-f-]{36}/),
  });
  expect((await site.run('users link-sso dora --provider github --subject 7')).code).toBe(0);
});

test('of two concurrent links of one identity, one is refused', async () => {
  await aMember('egon');
  await aMember('fritz');
  const runs = await Promise.all([link('egon', 'twice'), link('fritz', 'twice')]);
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 4]);
});

test.each([
  ['an empty subject', ['--provider', 'keycloak', '--subject', ''], 'subject'],
  ['a subject that cannot be read', ['--provider', 'keycloak', '--subject', 'a\u200bb'], 'invisible'],
  ['a long provider', ['--provider', 'p'.repeat(101), '--subject', '1'], 'provider'],
  ['no subject', ['--provider', 'keycloak'], '--subject'],
])('%s is refused with 2', async (_what, words, complaint) => {
  await aMember('gustav');
  const { code, stderr } = await site.run(['users', 'link-sso', 'gustav', ...words]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
});

test.each(['own', 'server-admin-flag'] as const)('%s has no single sign-on, which is reported', async (layout) => {
  await using other = await aSite(layout);
  await other.run('users create ada --email ada@lab.org --generate-password');
  for (const line of [
    'users link-sso ada --provider keycloak --subject 1',
    'users unlink-sso ada',
    'users list --sso',
    'users list --no-sso',
  ]) {
    const { code, stderr } = await other.run(line);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no single sign-on')]);
  }
});
