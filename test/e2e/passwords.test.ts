import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from 'bcryptjs';
import { afterAll, expect, test } from 'vitest';
import { cheapHashes, withRealHashes } from '../support/cheap-hashes.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, aUser, columns, NO_PASSWORD } from '../support/site.ts';

cheapHashes();

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const PASSWORD = 'correct horse';

async function hashOf(username: string): Promise<string> {
  const { rows } = await site.pool.query(`select ${columns.password} as hash from users where username = $1`, [
    username,
  ]);
  return rows[0].hash;
}

test('is read from standard input, and kept as a bcrypt hash of cost 12 that verifies', async () => {
  const { username } = await aUser(site);
  const { code, stdout, stderr } = await withRealHashes(
    async () =>
      await site.run(['users', 'passwd', username, '--password-stdin'], {
        input: `${PASSWORD}\n`,
      }),
  );
  const hash = await hashOf(username);
  expect(code).toBe(0);
  expect(hash).toMatch(/^\$2b\$12\$/);
  expect(await compare(PASSWORD, hash)).toBe(true);
  expect(stdout + stderr).not.toContain(PASSWORD);
  expect(stdout + stderr).not.toContain('$2b$');
});

test('is read from the first line of a file', async () => {
  using folder = temporaryDirectory();
  const { username } = await aUser(site);
  const file = join(folder.path, 'password.txt');
  writeFileSync(file, `${PASSWORD}\r\nanother line\n`);
  expect((await site.run(['users', 'passwd', username, '--password-file', file])).code).toBe(0);
  expect(await compare(PASSWORD, await hashOf(username))).toBe(true);
});

test('is read from WEBMACS_PASSWORD', async () => {
  const { username } = await aUser(site);
  await site.run(['users', 'passwd', username], { env: { WEBMACS_PASSWORD: PASSWORD } });
  expect(await compare(PASSWORD, await hashOf(username))).toBe(true);
});

test.each([
  ['a byte order mark and a line end', '--password-file', `\ufeff${PASSWORD}\r\n`],
  ['a byte order mark', '--password-stdin', `\ufeff${PASSWORD}`],
  ['a line end', 'WEBMACS_PASSWORD', `${PASSWORD}\n`],
  ['a byte order mark and the line end of another system', 'WEBMACS_PASSWORD', `\ufeff${PASSWORD}\r`],
])('%s is not part of it in %s', async (_what, way, text) => {
  using folder = temporaryDirectory();
  const { username } = await aUser(site);
  const file = join(folder.path, 'password.txt');
  writeFileSync(file, text);
  const option = { '--password-file': [way, file], '--password-stdin': [way] }[way] ?? [];
  const { code } = await site.run(['users', 'passwd', username, ...option], {
    input: text,
    ...(option.length === 0 ? { env: { [way]: text } } : {}),
  });
  expect([code, await compare(PASSWORD, await hashOf(username))]).toEqual([0, true]);
});

test.each([
  ['what is not UTF-8', 'corr\ufffdct horse', 'is not valid UTF-8'],
  ['two lines', `${PASSWORD}\nanother`, 'has more than one line'],
])('WEBMACS_PASSWORD with %s is refused', async (_what, text, complaint) => {
  const { username } = await aUser(site);
  const { code, stderr } = await site.run(['users', 'passwd', username], { env: { WEBMACS_PASSWORD: text } });
  expect([code, stderr]).toEqual([2, expect.stringContaining(`WEBMACS_PASSWORD ${complaint}`)]);
  expect(await hashOf(username)).toBe(NO_PASSWORD);
});

test.each([
  ['what is not UTF-8', Buffer.from('corr\xe8ct horse', 'latin1'), 'is not valid UTF-8'],
  ['a directory', undefined, 'is a directory'],
])('a file is refused that is %s, and changes nothing', async (_what, content, complaint) => {
  using folder = temporaryDirectory();
  const { username } = await aUser(site);
  const before = await hashOf(username);
  const file = join(folder.path, content ? 'password.txt' : '.');
  if (content) {
    writeFileSync(file, content);
  }
  const { code, stderr } = await site.run(['users', 'passwd', username, '--password-file', file]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(complaint)]);
  expect(await hashOf(username)).toBe(before);
});

test('made up by --generate-password is shown once, and works', async () => {
  const { username } = await aUser(site);
  const { stdout, stderr } = await site.run(['users', 'passwd', username, '--generate-password', '--quiet']);
  const password = /^password: (\S{20}) {2}\(shown only now\)$/m.exec(stderr)?.[1] ?? '';
  expect(await compare(password, await hashOf(username))).toBe(true);
  expect((stdout + stderr).split(password)).toHaveLength(2);
});

test('made up by --generate-password is part of the JSON', async () => {
  const words = 'users create gen --email gen@lab.org --generate-password --json'.split(' ');
  const { stdout, stderr } = await site.run(words);
  const { password } = JSON.parse(stdout);
  expect(stderr).toBe('');
  expect(await compare(password, await hashOf('gen'))).toBe(true);
});

test('is not shown again when the account is there already', async () => {
  const { username } = await aUser(site);
  const email = `${username}@lab.org`;
  const words = ['users', 'create', username, '--email', email, '--generate-password', '--if-not-exists'];
  const { code, stderr } = await site.run(words);
  expect(code).toBe(0);
  expect(stderr).not.toContain('password');
});

test.each([
  ['7 characters', 'sevench', 'too short'],
  ['7 characters of many bytes', 'ååååååå', 'too short'],
  ['73 bytes', 'x'.repeat(73), 'too long'],
  ['37 characters of two bytes', 'å'.repeat(37), 'too long'],
  ['nothing', '', 'too short'],
])('of %s is refused without being repeated', async (_what, input, complaint) => {
  const { username } = await aUser(site);
  const { code, stdout, stderr } = await site.run(['users', 'passwd', username, '--password-stdin'], { input });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(complaint);
  expect(await hashOf(username)).toBe(NO_PASSWORD);
  if (input) {
    expect(stderr).not.toContain(input);
  }
});

test('of 72 bytes is accepted', async () => {
  const { username } = await aUser(site);
  const input = 'å'.repeat(36);
  expect((await site.run(['users', 'passwd', username, '--password-stdin'], { input })).code).toBe(0);
  expect(await compare(input, await hashOf(username))).toBe(true);
});

test('that is missing, not interactively, is an error that names the options', async () => {
  const { code, stdout, stderr } = await site.run('users create eve --email eve@lab.org');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('--password-stdin, --password-file FILE or --generate-password');
});

test('given two ways is refused', async () => {
  const { username } = await aUser(site);
  const { code } = await site.run(['users', 'passwd', username, '--password-stdin', '--generate-password']);
  expect(code).toBe(2);
});

test('in a file that is not there exits 3', async () => {
  const { username } = await aUser(site);
  expect((await site.run(['users', 'passwd', username, '--password-file', '/nowhere/p'])).code).toBe(3);
});

test('list and show print no hash in any format', async () => {
  const { username } = await aUser(site);
  await site.run(['users', 'passwd', username, '--password-stdin'], { input: PASSWORD });
  const show = await site.run(['users', 'show', username, '--json']);
  expect(show.stdout).not.toMatch(/\$2b\$|hashed_password|password_hash/);
  for (const format of ['table', 'json', 'csv']) {
    const list = await site.run(['users', 'list', '--format', format]);
    expect(list.stdout).not.toMatch(/\$2b\$|hashed_password|password_hash/);
  }
});
