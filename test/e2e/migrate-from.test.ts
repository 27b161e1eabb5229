import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { factsOf } from '../database/layouts/catalogue.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSource, migrateFrom, tablesOf, viewOf } from '../support/migration.ts';
import { anEmptySite, aSite, type Site } from '../support/site.ts';

cheapHashes();

const LAYOUTS: LayoutName[] = ['own', 'server-admin-flag', 'server-roles'];

describe('everything arrives, and new rows follow', async () => {
  const sources: Partial<Record<LayoutName, Site>> = { own: await aSource() };
  const view = await viewOf(sources.own as Site);
  afterAll(async () => {
    await Promise.all(Object.values(sources).map((site) => site[Symbol.asyncDispose]()));
  });

  // What has arrived is the source of what follows.
  test.each([
    ['own', 'server-admin-flag'],
    ['own', 'server-roles'],
    ...LAYOUTS.flatMap((from) => LAYOUTS.map((to) => [from, to] as const)).filter(
      ([from, to]) => from !== 'own' || to === 'own',
    ),
  ] as const)('from %s to %s', async (from, to) => {
    const target = await aSite(to);
    const schema = await factsOf(target.pool);
    const { code, stdout } = await migrateFrom(sources[from] as Site, target, '--json');
    expect(code).toBe(0);
    const counts = tablesOf(stdout).map(({ table, rows }) => [table, rows]);
    expect(counts).toHaveLength(to === 'server-roles' && from === to ? 16 : 15);
    expect(Object.fromEntries(counts)).toMatchObject({ users: 2, datapoints: 10, log_entries: 2, channel_mappings: 1 });
    expect(await viewOf(target)).toEqual(view);
    expect(await factsOf(target.pool)).toEqual(schema);
    const { rows } = await target.pool.query(
      `select to_regclass('webmacs_transfer') as left, nextval('users_id_seq')::int as next_id`,
    );
    expect(rows).toEqual([{ left: null, next_id: 4 }]);
    if (sources[to]) {
      await target[Symbol.asyncDispose]();
    } else {
      sources[to] = target;
    }
  });
});

test('a target with rows is refused with 4, and left as it is', async () => {
  await using source = await aSource();
  await using target = await aSource();
  for (const more of [[], ['--dry-run']]) {
    const { code, stderr } = await migrateFrom(source, target, ...more);
    expect([code, stderr]).toEqual([4, expect.stringContaining('its table "users" has rows')]);
  }
});

test('a target without tables is refused with the hint to migrate it, and a database cannot be its own target', async () => {
  await using source = await aSource();
  await using target = await anEmptySite();
  expect(await migrateFrom(source, target)).toMatchObject({ code: 5, stderr: expect.stringContaining('db migrate') });
  expect(await migrateFrom(source, source)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('same database'),
  });
});

test('what the target cannot store is reported first, with the number of rows, and --dry-run writes nothing', async () => {
  await using source = await aSite('server-roles');
  await using target = await aSite('server-admin-flag');
  await source.run('users create ada --email ada@lab.org --admin --generate-password');
  await source.run('users create bob --email bob@lab.org --role operator --generate-password');
  await source.run('tokens api create x --as ada');
  const { code, stdout, stderr } = await migrateFrom(source, target, '--dry-run', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).losses).toEqual([
    { table: 'users', property: 'role', rows: 1 },
    { table: 'api_tokens', property: null, rows: 1 },
  ]);
  expect(stderr).toContain('cannot store "role" of 1 of the users');
  expect((await target.run('users list')).stdout).toBe('');
});

test.each([
  [[], 'viewer'],
  [['--non-admins', 'operator'], 'operator'],
])('users without the admin role become what %j says, and that is reported', async (options, role) => {
  await using source = await aSite('server-admin-flag');
  await using target = await aSite('server-roles');
  await source.run('users create ada --email ada@lab.org --admin --generate-password');
  await source.run('users create bob --email bob@lab.org --generate-password');
  const { code, stderr } = await migrateFrom(source, target, ...options);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`1 user without the admin role will have the role "${role}"`),
  ]);
  expect(stderr.includes('--non-admins operator')).toBe(role === 'viewer');
  const { rows } = await target.pool.query('select role from users order by username');
  expect(rows).toEqual([{ role: 'admin' }, { role }]);
});

test('accounts that the log-in of the target refuses are counted first, also those that the source lets in', async () => {
  await using source = await aSite('own');
  await using target = await aSite('server-roles');
  await source.run('users create ada --email ada@rig.local --admin --generate-password');
  await source.run('users create bob --email bob@lab.org --generate-password');
  expect((await source.run('db check')).code).toBe(0);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('warning: Nobody can log in with 1 account in the target.'),
  ]);
  expect((await target.run('db check')).stdout).toContain('"ada" (ada@rig.local) is locked out');
});

test('--non-admins is refused where the roles are copied, or there are none', async () => {
  await using source = await aSite('server-roles');
  await using target = await aSite('server-admin-flag');
  for (const [from, to] of [
    [source, target],
    [target, target],
  ] as const) {
    expect(await migrateFrom(from, to, '--non-admins', 'operator')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--non-admins is only for'),
    });
  }
});

test('a row that a key of the target refuses takes its table back, and the schema stays as it is', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  await source.pool.query('alter table datapoints drop constraint datapoints_event_public_id_fkey');
  await source.pool.query(`update datapoints set event_public_id = 'nobody' where public_id = 'd3'`);
  const schema = await factsOf(target.pool);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([4, expect.stringContaining('nobody')]);
  expect((await target.pool.query('select from datapoints')).rowCount).toBe(0);
  expect(await factsOf(target.pool)).toEqual(expect.arrayContaining(schema));
});

test('a role that does not own the tables of the target can copy into them', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  const role = `copier_${randomUUID()}`;
  await target.pool.query(`create role "${role}" login;
    grant all on schema public to "${role}"; grant all on all tables in schema public to "${role}";
    grant all on all sequences in schema public to "${role}"`);
  const url = new URL(target.url);
  url.username = role;
  const { code, stdout } = await source.run(['migrate-from', '--source', source.url, '--target', url.href, '--json']);
  expect([code, tablesOf(stdout).length]).toEqual([0, 15]);
  await target.pool.query(`drop owned by "${role}"; drop role "${role}"`);
});

test('passwords of both databases stay out of every message', async () => {
  await using target = await aSite('own');
  const secret = 'Geh31m';
  const { code, stdout, stderr } = await target.run('migrate-from', {
    env: { WEBMACS_SOURCE_URL: `postgresql://lab:${secret}@127.0.0.1:1/old` },
  });
  expect([code, stdout]).toEqual([5, '']);
  expect(stderr).toContain('postgresql://lab@127.0.0.1:1/old');
  expect(stderr).not.toContain(secret);
  expect(await target.run('migrate-from')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('WEBMACS_SOURCE_URL'),
  });
});
