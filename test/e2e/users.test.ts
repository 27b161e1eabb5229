import { afterAll, describe, expect, test } from 'vitest';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { anEvent, anExperiment, aSite, aUser, datapoints, layout } from '../support/site.ts';

cheapHashes();

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());

const newUser = (name: string, ...more: string[]) => [
  'users',
  'create',
  name,
  '--email',
  `${name}@lab.org`,
  '--password-stdin',
  ...more,
];
const input = 'correct horse';

describe('users create', () => {
  test('in a pipe prints the public id only', async () => {
    const { code, stdout, stderr } = await site.run(newUser('alice'), { input });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(stderr).toBe(`✓ User "alice" created (${stdout.trim()}).\n`);
  });

  test('prints the row as JSON, without the hash', async () => {
    const { stdout, stderr } = await site.run(newUser('bob', '--admin', '--json'), { input });
    expect(JSON.parse(stdout)).toEqual({
      id: expect.any(Number),
      public_id: expect.any(String),
      username: 'bob',
      email: 'bob@lab.org',
      admin: true,
      ...(layout === 'server-roles' ? { role: 'admin', sso_provider: null, sso_subject_id: null } : {}),
      created_on: expect.stringMatching(/^\d{4}-.*\+00:00$/),
      created: true,
    });
    expect(stderr).toBe('');
  });

  test('refuses a taken name with 4 and reports it', async () => {
    const { username } = await aUser(site);
    const { code, stdout, stderr } = await site.run(newUser(username), { input });
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(`username "${username}" is taken`);
  });

  test('with --if-not-exists exits 0 twice with the same id, without a password the second time', async () => {
    const first = await site.run(newUser('carol', '--if-not-exists'), { input });
    const again = await site.run(['users', 'create', 'carol', '--email', 'carol@lab.org', '--if-not-exists']);
    expect([first.code, again.code]).toEqual([0, 0]);
    expect(again.stdout).toBe(first.stdout);
    expect(again.stderr).toContain('already exists');
  });

  test('with --if-not-exists still refuses an e-mail address that another account has', async () => {
    const { username } = await aUser(site);
    const words = ['users', 'create', 'other', '--email', `${username}@lab.org`, '--if-not-exists', '--password-stdin'];
    const { code, stderr } = await site.run(words, { input });
    expect(code).toBe(4);
    expect(stderr).toContain(`email "${username}@lab.org" is taken`);
  });

  test.each([
    ['a name with an invisible character', ['users', 'create', 'ali\u200bce'], 'ali\\u200bce'],
    ['a name with tags', ['users', 'create', 'alice\u{e0041}'], 'invisible'],
    ['a name that changes the direction', ['users', 'create', 'ali\u202ece'], 'direction-changing'],
    ['an address with an invisible character', ['users', 'create', 'zoe', '--email', 'zoe\u200b@lab.org'], 'invisible'],
    ['a name of one character', ['users', 'create', 'x'], 'user name'],
    ['an e-mail address without a host', ['users', 'create', 'dave', '--email', 'dave'], 'e-mail address'],
    ['a missing e-mail address', ['users', 'create', 'dave'], '--email'],
    ['a missing name', ['users', 'create'], "argument 'name'"],
  ])('refuses %s with 2', async (_what, words, complaint) => {
    const { code, stdout, stderr } = await site.run(words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(complaint);
  });
});

test('ten at once with --if-not-exists make one account', async () => {
  const runs = await Promise.all(
    Array.from({ length: 5 }, () => site.run(newUser('once', '--if-not-exists'), { input })),
  );
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
});

describe('a user is named', () => {
  test('by user name, by public id and by its first eight characters', async () => {
    const { username, publicId } = await aUser(site);
    for (const given of [username, publicId, publicId.slice(0, 8), publicId.slice(0, 8).toUpperCase()]) {
      const { stdout } = await site.run(['users', 'show', given, '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ username, public_id: publicId });
    }
  });

  test('not by seven characters', async () => {
    const { publicId } = await aUser(site, { publicId: 'abcdef12-0000-4000-8000-000000000000' });
    const { code, stderr } = await site.run(['users', 'show', publicId.slice(0, 7)]);
    expect(code).toBe(3);
    expect(stderr).toContain('the first 8 or more characters of its id');
  });

  test('not by a beginning that two have, and the error lists both', async () => {
    await aUser(site, { publicId: 'cafe0000-1111-4000-8000-000000000000' });
    await aUser(site, { publicId: 'cafe0000-2222-4000-8000-000000000000' });
    const { code, stderr } = await site.run('users show cafe0000');
    expect(code).toBe(4);
    expect(stderr).toContain('cafe0000-1111');
    expect(stderr).toContain('cafe0000-2222');
  });

  test('and if there is none, the exit code is 3', async () => {
    const { code, stdout, stderr } = await site.run('users show nobody');
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('User "nobody" not found.');
  });
});

describe('users update', () => {
  test('changes only what is given', async () => {
    const { username } = await aUser(site);
    const { code, stdout } = await site.run(['users', 'update', username, '--email', 'new@lab.org', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ username, email: 'new@lab.org', admin: false });
  });

  test('without anything to change is refused, naming the options', async () => {
    const { username } = await aUser(site);
    const { code, stderr } = await site.run(['users', 'update', username]);
    expect(code).toBe(2);
    expect(stderr).toContain('--username, --email, --admin or --no-admin');
  });

  test('refuses a name with characters that cannot be seen, and keeps one that is there', async () => {
    const hidden = await aUser(site, { username: 'old\u200bname' });
    const update = async (...words: string[]) => await site.run(['users', 'update', hidden.publicId, ...words]);
    expect((await update('--username', 'new\u2066name')).code).toBe(2);
    expect((await update('--username', hidden.username)).code).toBe(0);
    expect((await update('--username', 'علی‌رضا')).code).toBe(0);
  });

  test('refuses a name that another one has', async () => {
    const [one, other] = [await aUser(site), await aUser(site)];
    const { code } = await site.run(['users', 'update', one.username, '--username', other.username]);
    expect(code).toBe(4);
  });
});

describe('users delete', () => {
  test('without --yes, not interactively, is refused, shows what would be deleted and names --yes', async () => {
    const { username, publicId } = await aUser(site);
    const event = await anEvent(site, { owner: publicId });
    await datapoints(site, 3, { event: event.publicId });
    const { code, stdout, stderr } = await site.run(['users', 'delete', username]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`This deletes user "${username}", with 1 event and 3 datapoints.`);
    expect(stderr).toContain('--yes');
  });

  test('under --json is refused with one JSON object', async () => {
    const { username } = await aUser(site);
    const { code, stderr } = await site.run(['users', 'delete', username, '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { kind: 'invalid_input', exit_code: code } });
  });

  test('with --dry-run counts, and deletes nothing even with --yes', async () => {
    const { username, publicId } = await aUser(site);
    await anEvent(site, { owner: publicId });
    const { code, stdout } = await site.run(['users', 'delete', username, '--dry-run', '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ user: username, deleted: { events: 1 }, detached: {} });
    expect((await site.run(['users', 'show', username])).code).toBe(0);
  });

  test('deletes what belongs to the user, and reports how many rows', async () => {
    const { username, publicId } = await aUser(site);
    const event = await anEvent(site, { owner: publicId });
    const foreign = await anEvent(site);
    const experiment = await anExperiment(site, { owner: publicId });
    await datapoints(site, 3, { event: event.publicId, experiment: experiment.publicId });
    await datapoints(site, 2, { event: foreign.publicId, experiment: experiment.publicId });
    const { code, stdout } = await site.run(['users', 'delete', username, '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'success',
      deleted: { events: 1, experiments: 1, datapoints: 3 },
      detached: { datapoints: 2 },
    });
    const { rows } = await site.pool.query('select count(*)::int as left from datapoints where event_public_id = $1', [
      foreign.publicId,
    ]);
    expect(rows).toEqual([{ left: 2 }]);
  });

  test('of somebody who is not there exits 3', async () => {
    expect((await site.run('users delete nobody --yes')).code).toBe(3);
  });
});
