import { expect, test } from 'vitest';
import { Event, User } from '../../../src/entities/index.ts';
import { cheapHashes } from '../../support/cheap-hashes.ts';
import { freshDatabase, openDatabase } from '../../support/database.ts';
import { anEmptySite, aSite, type Site } from '../../support/site.ts';

cheapHashes();

async function layoutOf(site: Site): Promise<string> {
  return JSON.parse((await site.run('db info --json')).stdout).layout;
}

test.each(['own', 'server-admin-flag', 'server-roles'] as const)('%s is recognised', async (layout) => {
  await using site = await aSite(layout);
  expect(await layoutOf(site)).toBe(layout);
});

test.each([
  [
    'server-roles',
    `alter table users alter role type varchar(20), alter role set default 'viewer';
     alter table events rename constraint events_user_public_id_fkey to fk_events_user_public_id;
     create index ix_users_sso_lookup on users (sso_provider, sso_subject_id);
     drop index ix_blacklist_tokens_blacklisted_on;
     alter table rules alter enabled set default true, alter cooldown_seconds set default 60;
     alter table webhooks alter enabled set default true;
     create table alembic_version (version_num varchar(32) primary key);
     insert into alembic_version values ('005_oidc_sso')`,
  ],
  ['server-roles', 'alter table users add admin boolean not null default false'],
  ['server-admin-flag', 'create table api_tokens (id serial primary key, name varchar(255) not null)'],
  ['own', 'create table remarks (id int)'],
] as const)('%s is recognised in the variation %#, and works', async (layout, change) => {
  await using site = await aSite(layout);
  await site.pool.query(change);
  expect(await layoutOf(site)).toBe(layout);
  const words = ['users', 'create', 'ada', '--email', 'ada@lab.org', '--admin', '--generate-password', '--json'];
  expect(JSON.parse((await site.run(words)).stdout)).toMatchObject({ username: 'ada', admin: true });
});

test('a migrated database of the server lacks only the index that its migrations do not create', async () => {
  await using site = await aSite('server-roles');
  await site.pool.query(`alter table users alter role type varchar(20), alter role set default 'viewer';
    drop index ix_blacklist_tokens_blacklisted_on`);
  const { code, stdout } = await site.run('db check --json');
  expect([code, JSON.parse(stdout)]).toEqual([
    6,
    expect.objectContaining({ differences: ['create index concurrently on blacklist_tokens (blacklisted_on)'] }),
  ]);
});

test.each([
  ['own', 'alter table users rename admin to is_admin', 'the table "users" has no column "admin"'],
  ['server-roles', 'alter table events drop column unit', 'the table "events" has no column "unit"'],
  ['server-admin-flag', 'drop table rules', 'there is no table "rules"'],
] as const)(
  'a database that fits none exits 5 and names the first difference (%s)',
  async (layout, change, difference) => {
    await using site = await aSite(layout);
    await site.pool.query(change);
    const { code, stdout, stderr } = await site.run('users list');
    expect([code, stdout, stderr]).toEqual([5, '', expect.stringContaining(difference)]);
    expect(stderr).toContain(layout);
    expect(await layoutOf(site)).toContain(difference);
  },
);

test("a database of something else is neither called the server's nor changed", async () => {
  await using site = await anEmptySite();
  await site.pool.query('create table users (id int)');
  for (const line of ['users list', 'db status', 'db migrate', 'db rollback --yes']) {
    const { code, stderr } = await site.run(line);
    expect([code, stderr]).toEqual([5, expect.stringContaining('has no known layout')]);
  }
  expect((await site.run('db info')).code).toBe(0);
});

test('an empty database is refused with the hint to migrate it, and commands that describe it work', async () => {
  await using site = await anEmptySite();
  const { code, stderr } = await site.run('events list');
  expect([code, stderr]).toEqual([5, expect.stringContaining('Run "webmacs db migrate"')]);
  for (const line of ['db status', 'db info', 'version', 'db migrate --dry-run']) {
    expect((await site.run(line)).code).toBe(0);
  }
});

test('two layouts can be open in one process', async () => {
  await using one = await freshDatabase('server-admin-flag');
  await using other = await freshDatabase('own');
  await using first = await openDatabase(one);
  await using second = await openDatabase(other);
  const columnOf = ({ em }: typeof first) => em.getMetadata().get(User).properties.hashedPassword.fieldNames;
  expect([columnOf(first), columnOf(second)]).toEqual([['password_hash'], ['hashed_password']]);
});

test('a property that a layout does not have is neither read nor printed', async () => {
  await using site = await aSite('server-admin-flag');
  await using database = await openDatabase(site);
  expect(Object.keys(database.em.getMetadata().get(Event).properties)).not.toContain('createdOn');
  const { stdout } = await site.run('events list --format csv');
  expect(stdout).toBe('id,public_id,name,unit,min_value,max_value,event_type,user_public_id,fed_by\n');
});
