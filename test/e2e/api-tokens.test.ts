import { createHash } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSite } from '../support/site.ts';

cheapHashes();

const site = await aSite('server-roles');
afterAll(() => site[Symbol.asyncDispose]());
await site.run('users create root --email root@lab.org --admin --generate-password');
await site.run('users create bot --email bot@lab.org --generate-password');

async function newToken(...words: string[]): Promise<Record<string, string>> {
  return JSON.parse((await site.run(['tokens', 'api', 'create', ...words, '--json'])).stdout);
}

test('create shows the token once and stores its SHA-256 only', async () => {
  const { token = '', public_id: id } = await newToken('notebook', '--as', 'bot');
  expect(token).toMatch(/^wm_[\w-]{64}$/);
  const { rows } = await site.pool.query(
    'select t.*, username from api_tokens t join users u on u.id = user_id where t.public_id = $1',
    [id],
  );
  expect(rows).toMatchObject([
    {
      name: 'notebook',
      username: 'bot',
      expires_at: null,
      token_hash: createHash('sha256').update(token).digest('hex'),
    },
  ]);
  expect(JSON.stringify(rows)).not.toContain(token);
  expect((await site.run('tokens api list --json')).stdout).not.toContain(rows[0].token_hash);
});

test('create in a pipe prints the public id, and the token to stderr', async () => {
  const { stdout, stderr } = await site.run('tokens api create piped');
  expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(stderr).toMatch(/^token: wm_[\w-]{64} {2}\(shown only now\)$/m);
});

test('create refuses a name that the user has, and with --if-not-exists keeps it', async () => {
  const { public_id: id } = await newToken('twice');
  expect((await site.run('tokens api create twice')).code).toBe(4);
  const again = await newToken('twice', '--if-not-exists');
  expect([again.public_id, again.token]).toEqual([id, undefined]);
  expect((await newToken('twice', '--as', 'bot')).token).toBeDefined();
});

test('--expires accepts a duration or a time, in the future', async () => {
  const { expires_at: soon = '' } = await newToken('soon', '--expires', '2h');
  const hours = (Date.parse(soon) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(1);
  expect(hours).toBeLessThanOrEqual(2);
  expect(await newToken('later', '--expires', '2999-01-31')).toMatchObject({ expires_at: '2999-01-31T00:00:00+00:00' });
  expect((await site.run('tokens api create past --expires yesterday')).code).toBe(2);
  expect((await site.run('tokens api create odd --expires soon')).code).toBe(2);
});

test('list shows the user, and revoke deletes one after confirmation', async () => {
  const { public_id: id = '' } = await newToken('gone', '--as', 'bot');
  expect((await site.run('tokens api list')).stdout).toMatch(/^gone\tbot\t/m);
  const asked = await site.run(['tokens', 'api', 'revoke', id.slice(0, 8)]);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('API token "gone" of "bot"')]);
  expect((await site.run(['tokens', 'api', 'revoke', id.slice(0, 8), '--yes'])).code).toBe(0);
  expect((await site.run(['tokens', 'api', 'revoke', id, '--yes'])).code).toBe(3);
});

test('revoke accepts a name that only one user has used', async () => {
  await newToken('shared');
  await newToken('shared', '--as', 'bot');
  await newToken('own name', '--as', 'bot');
  expect((await site.run('tokens api revoke shared --yes')).code).toBe(4);
  expect((await site.run(['tokens', 'api', 'revoke', 'own name', '--yes'])).code).toBe(0);
});

test('deleting a user reports how many tokens are deleted with it', async () => {
  await site.run('users create leaver --email leaver@lab.org --generate-password');
  await newToken('mine', '--as', 'leaver');
  expect((await site.run('users delete leaver --yes')).stderr).toContain('with 1 api token');
});

test('create and list report when the token page of the server fails, as soon as another user than an admin has a token', async () => {
  await using other = await aSite('server-roles');
  await other.run('users create root --email root@lab.org --admin --generate-password');
  await other.run('users create bot --email bot@lab.org --generate-password');
  const fails = 'the token page of the WebMACS server fails for an admin';
  expect((await other.run('tokens api create own --as root')).stderr).not.toContain(fails);
  expect((await other.run('tokens api list')).stderr).not.toContain(fails);
  expect((await other.run('tokens api create first --as bot')).stderr).toContain(fails);
  expect((await other.run('tokens api list')).stderr).toContain(fails);
  expect((await other.run('tokens api list --json')).stderr).toBe('');
});

test.each(['own', 'server-admin-flag'] as const)('%s has no API tokens, which is reported with 5', async (layout) => {
  await using other = await aSite(layout);
  for (const line of ['tokens api list', 'tokens api create x', 'tokens api revoke 12345678 --yes']) {
    const { code, stderr } = await other.run(line);
    expect([code, stderr]).toEqual([5, expect.stringContaining('has no table "api_tokens"')]);
  }
});
