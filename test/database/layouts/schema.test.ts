import { expect, test } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { anEmptySite, aSite } from '../../support/site.ts';
import { catalogueOf, factsOf } from './catalogue.ts';

/** What the migrations of the server create, and its start-up does not. */
const SSO_LOOKUP =
  'idx|users|CREATE INDEX ix_users_sso_lookup ON public.users USING btree (sso_provider, sso_subject_id)';
const MIGRATED = [...catalogueOf('server-roles'), SSO_LOOKUP].sort();

test('migrate --layout server-roles creates what the server creates, line by line, at its newest revision', async () => {
  await using site = await anEmptySite();
  const { code, stdout } = await site.run('db migrate --layout server-roles --json');
  expect([code, JSON.parse(stdout)]).toEqual([0, { applied: ['005_oidc_sso'] }]);
  expect(await factsOf(site.pool)).toEqual(MIGRATED);
  expect((await site.pool.query('select version_num from alembic_version')).rows).toEqual([
    { version_num: '005_oidc_sso' },
  ]);
});

test('the older layout under test is what the server made, line by line', async () => {
  await using database = await freshDatabase('server-admin-flag');
  expect(await factsOf(database.pool)).toEqual(catalogueOf('server-admin-flag'));
});

test('migrate --layout server-roles --dry-run prints SQL that psql would run, and writes nothing', async () => {
  await using site = await anEmptySite();
  const { code, stdout } = await site.run('db migrate --layout server-roles --dry-run');
  expect([code, await factsOf(site.pool)]).toEqual([0, []]);
  await site.pool.query(stdout);
  expect(await factsOf(site.pool)).toEqual(MIGRATED);
});

test('migrate --layout server-roles refuses a database with any table, and leaves it as it is', async () => {
  await using site = await anEmptySite();
  await site.pool.query('create table mine (id int)');
  const { code, stderr } = await site.run('db migrate --layout server-roles');
  expect([code, stderr]).toEqual([4, expect.stringContaining('it has the table "mine"')]);
  expect(await factsOf(site.pool)).toHaveLength(1);
});

test('migrate --layout server-roles leaves what belongs to an extension alone', async () => {
  await using site = await anEmptySite();
  await site.pool.query('create extension pg_buffercache');
  expect(await site.run('db migrate --layout server-roles')).toMatchObject({ code: 0 });
});

test('migrate --layout server-roles has nothing to do a second time, and refuses what lacks a table', async () => {
  await using site = await anEmptySite();
  await site.run('db migrate --layout server-roles');
  const again = await site.run('db migrate --layout server-roles');
  expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/^Nothing to do: .*005_oidc_sso/)]);
  expect(await site.run('db migrate --layout server-roles --dry-run')).toMatchObject({ code: 0, stdout: '' });
  expect(await factsOf(site.pool)).toEqual(MIGRATED);
  await site.pool.query('drop table rules');
  const { code, stderr } = await site.run('db migrate --layout server-roles');
  expect([code, stderr]).toEqual([5, expect.stringContaining('there is no table "rules"')]);
});

test('migrate --layout server-roles refuses tables of the server without its newest revision', async () => {
  await using site = await aSite('server-roles');
  expect((await site.run('db migrate --layout server-roles')).code).toBe(4);
});

test('two at once on an empty database make it once', async () => {
  await using site = await anEmptySite();
  const runs = await Promise.all([1, 2].map(() => site.run('db migrate --layout server-roles --json')));
  expect(runs.map(({ code, stdout }) => [code, JSON.parse(stdout).applied]).sort()).toEqual([
    [0, []],
    [0, ['005_oidc_sso']],
  ]);
});

test.each(['db migrate', 'db rollback --yes', 'db stamp initial', 'db generate --name x'])(
  '%s leaves the schema of the server alone, and reports its revision',
  async (line) => {
    await using site = await anEmptySite();
    await site.run('db migrate --layout server-roles');
    const { code, stderr } = await site.run(line);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/belongs to the WebMACS server.*005_oidc_sso/)]);
    expect(await factsOf(site.pool)).toEqual(MIGRATED);
  },
);

test('status, info and version report the revision of the server', async () => {
  await using site = await anEmptySite();
  await site.run('db migrate --layout server-roles');
  expect((await site.run('db status')).stdout).toBe('005_oidc_sso\tapplied\t\n');
  expect((await site.run('db status --exit-code')).code).toBe(0);
  expect(JSON.parse((await site.run('db info --json')).stdout)).toMatchObject({
    layout: 'server-roles',
    migration: '005_oidc_sso',
  });
  expect(JSON.parse((await site.run('version --json')).stdout)).toMatchObject({ migration: '005_oidc_sso' });
});

test.each(['server-admin-flag', 'server-roles'] as const)(
  'check finds %s whole, and writes nothing',
  async (layout) => {
    await using site = await aSite(layout);
    const { code, stdout } = await site.run('db check --json');
    expect([code, JSON.parse(stdout).differences]).toEqual([0, []]);
    expect(await factsOf(site.pool)).toEqual(catalogueOf(layout));
  },
);

test('check prints what is missing, and the statement fixes it', async () => {
  await using site = await aSite('server-roles');
  await site.pool.query(`drop index ix_blacklist_tokens_blacklisted_on;
    alter table datapoints drop constraint datapoints_event_public_id_fkey`);
  const { code, stdout } = await site.run('db check');
  expect(code).toBe(6);
  const [foreignKey, index = ''] = stdout.trim().split('\n');
  expect(foreignKey).toMatch(/^-- datapoints FOREIGN KEY \(event_public_id\)/);
  expect(index).toBe('create index concurrently on blacklist_tokens (blacklisted_on);');
  await site.pool.query(index);
  expect(JSON.parse((await site.run('db check --json')).stdout).differences).toHaveLength(1);
});
