import { expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { findDrift } from '../../src/database/drift/drift.ts';
import type { Drift } from '../../src/database/drift/findings.ts';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { aSite, layout, type Site } from '../support/site.ts';

/** What the command finds. */
async function drift(site: Pick<Site, 'url'>): Promise<Drift> {
  await using database = await Database.open(targetFromUrl(site.url, {}, 'the test'), { asIs: true });
  const { differences, notes } = await findDrift(database);
  return { differences, notes };
}

/** Runs what is proposed as psql would: one statement after the other. */
async function paste({ pool }: Pick<Site, 'pool'>, { differences }: Drift): Promise<void> {
  for (const sql of differences) {
    await pool.query(sql);
  }
}

/** A site after a change to its schema. */
async function changed(sql: string, given: LayoutName = layout): Promise<Site> {
  const site = await aSite(given);
  await site.pool.query(sql);
  return site;
}

test.each([
  ['a view', 'create view report as select * from datapoints'],
  [
    "another program's tables of the same names",
    'create schema grafana; create table grafana.users (id int); create table grafana.events (x int)',
  ],
  [
    'types, domains and functions',
    `create type colour as enum ('red'); create domain short as text; create schema partman;
    create function events_t_fn() returns int language sql as 'select 1'; create sequence mine`,
  ],
  ['a table', 'create table notes (id int primary key, user_id int references users (id))'],
  [
    'a column, an index, a check, a trigger',
    `alter table users add column nickname text;
    create index users_by_name on users (lower(username)); alter table users add check (length(username) > 0);
    create function nothing() returns trigger language plpgsql as 'begin return new; end';
    create trigger mine before insert on users for each row execute function nothing()`,
  ],
  ['wider types', 'alter table datapoints alter id type bigint; alter table events alter unit type text'],
  [
    'an identity',
    `alter table events alter id drop default; drop sequence events_id_seq;
    alter table events alter id add generated always as identity`,
  ],
  ['a stricter column', 'alter table experiments alter stopped_on set not null'],
])('%s is none of its business: a note at most, and exit 0', async (_what, sql) => {
  await using site = await changed(sql);
  const { differences, notes } = await drift(site);
  expect(differences).toEqual([]);
  expect(notes.join()).not.toMatch(/report|grafana|partman|events_t_fn|colour|drop/);
});

test.each([
  ['on swapped columns', 'create index ix_datapoints_event_ts on datapoints (timestamp, event_public_id)'],
  ['partial', 'create index ix_datapoints_event_ts on datapoints (event_public_id, timestamp) where value > 0'],
  ['a BRIN one', 'create index ix_datapoints_event_ts on datapoints using brin (event_public_id, timestamp)'],
  ['a hash one', 'create index ix_datapoints_event_ts on datapoints using hash (event_public_id)'],
  ['descending in part', 'create index ix_datapoints_event_ts on datapoints (event_public_id, timestamp desc)'],
  ['on an expression', 'create index ix_datapoints_event_ts on datapoints (upper(event_public_id), timestamp)'],
])('an index of our name that is %s is seen, and the right one is made beside it', async (_what, sql) => {
  await using site = await changed(`drop index ix_datapoints_event_ts; ${sql};
    create table ix_datapoints_event_ts_old (mine int)`);
  const found = await drift(site);
  const [rename, create] =
    layout === 'own'
      ? [
          'alter index "ix_datapoints_event_ts" rename to "ix_datapoints_event_ts_old2"',
          'create index concurrently "ix_datapoints_event_ts" on "datapoints" ("event_public_id", "timestamp")',
        ]
      : [undefined, 'create index concurrently on datapoints (event_public_id, timestamp)'];
  expect(found.differences).toEqual([rename, create].filter(Boolean));
  await paste(site, found);
  expect((await drift(site)).differences).toEqual([]);
});

test('an invalid index is found, and rebuilt', async () => {
  await using site = await changed(
    `update pg_index set indisvalid = false where indexrelid = 'ix_datapoints_event_ts'::regclass`,
  );
  const found = await drift(site);
  expect(found.differences).toEqual([expect.stringMatching(/^reindex index concurrently "?ix_datapoints_event_ts"?$/)]);
  await paste(site, found);
  expect((await drift(site)).differences).toEqual([]);
});

test('a key with the time in it is none on a plain table', async () => {
  await using site = await changed(`alter table datapoints drop constraint datapoints_pkey,
    drop constraint datapoints_public_id_key, add primary key (id, timestamp), add unique (public_id, timestamp)`);
  const found = await drift(site);
  const indexes = found.differences.filter((sql) => sql.startsWith('create unique index concurrently'));
  expect(indexes.map((sql) => /\("?(\w+)"?\)$/.exec(sql)?.[1]).sort()).toEqual(['id', 'public_id']);
  expect(found.differences).toHaveLength(layout === 'own' ? 4 : 2);
  await paste(site, found);
  expect((await drift(site)).differences).toEqual([]);
});

test('on a partitioned table it is a note', async () => {
  await using site = await changed(`
    create table parts (like datapoints including defaults, primary key (id, timestamp), unique (public_id, timestamp),
      foreign key (event_public_id) references events (public_id) on delete cascade,
      foreign key (experiment_public_id) references experiments (public_id) on delete set null) partition by range (timestamp);
    create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01');
    alter sequence datapoints_id_seq owned by none; drop table datapoints; alter table parts rename to datapoints;
    create index on datapoints (timestamp); create index on datapoints (event_public_id, timestamp);
    create index on datapoints (experiment_public_id, timestamp)`);
  const found = await drift(site);
  expect(found.differences).toEqual([]);
  expect(found.notes.map((note) => /tables: \("?(\w+)"?\) is unique within each/.exec(note)?.[1]).sort()).toEqual([
    'id',
    'public_id',
  ]);
  await site.pool.query('drop index datapoints_event_public_id_timestamp_idx');
  expect((await drift(site)).differences.join()).toMatch(/^create index (?!concurrently).*timestamp/);
});

test.each([
  [
    'not valid',
    `alter table datapoints drop constraint datapoints_event_public_id_fkey, add constraint
    datapoints_event_public_id_fkey foreign key (event_public_id) references events (public_id) on delete cascade not valid`,
    /validate constraint/,
  ],
  ['without its triggers', 'alter table datapoints disable trigger all', /^alter table datapoints enable trigger "RI_/],
  [
    'without the triggers of the other side',
    'alter table events disable trigger all',
    /^alter table events enable trigger "RI_/,
  ],
])('a foreign key %s is seen, and put in force', async (_what, sql, expected) => {
  await using site = await changed(sql);
  const found = await drift(site);
  expect(found.differences).not.toEqual([]);
  expect(found.differences.join('\n')).toMatch(expected);
  await paste(site, found);
  expect((await drift(site)).differences).toEqual([]);
});

test.runIf(layout === 'own').each([
  [
    'another ON DELETE',
    `alter table datapoints drop constraint datapoints_experiment_public_id_fkey, add constraint
    datapoints_experiment_public_id_fkey foreign key (experiment_public_id) references experiments (public_id) on delete cascade`,
  ],
  [
    'a foreign key to elsewhere',
    `create schema other; create table other.events (public_id varchar primary key);
    alter table rules drop constraint rules_event_public_id_fkey, add constraint rules_event_public_id_fkey
    foreign key (event_public_id) references other.events (public_id) on delete cascade`,
  ],
  ['no foreign key', 'alter table rules drop constraint rules_event_public_id_fkey'],
  ['no check', 'alter table events drop constraint events_event_type_check'],
  [
    'a narrower check',
    `alter table events drop constraint events_event_type_check,
    add constraint events_event_type_check check (event_type in ('sensor', 'camera'))`,
  ],
  [
    'a check of another kind',
    `alter table events drop constraint events_event_type_check,
    add constraint events_event_type_check check (event_type <> '')`,
  ],
  [
    'a check that is not valid',
    `alter table rules drop constraint rules_operator_check; alter table rules add constraint
    mine check (operator in ('gt', 'lt', 'eq', 'gte', 'lte', 'between', 'not_between')) not valid`,
  ],
  ['nothing unique', 'alter table users drop constraint users_email_key'],
  [
    'uniqueness in part',
    'alter table users drop constraint users_email_key; create unique index users_email_key on users (email) where admin',
  ],
  ['no NOT NULL', 'alter table users alter email drop not null'],
  ['no default', 'alter table users alter admin drop default, alter created_on drop default'],
  ['another default', 'alter table rules alter cooldown_seconds set default 5'],
  ['ids that nobody numbers', 'alter table events alter id drop default'],
  ['a shorter column', 'alter table events alter unit type varchar(10)'],
  [
    'a smaller type',
    'alter table rules alter threshold type real; alter table rules alter cooldown_seconds type smallint',
  ],
  ['a column less', 'alter table rules drop column threshold_high, drop column cooldown_seconds, drop column name'],
  ['a table less', 'drop table channel_mappings; drop table datapoints'],
])('%s is seen, and what is printed mends it without a loss', async (_what, sql) => {
  await using site = await changed(sql);
  const found = await drift(site);
  expect(found.differences).not.toEqual([]);
  expect(found.differences.join('\n')).not.toMatch(/drop (?!constraint)|cascade;|^--/m);
  await paste(site, found);
  expect((await drift(site)).differences).toEqual([]);
  expect((await site.run('db check')).code).toBe(0);
});

test.runIf(layout === 'own')('a column of ids that are not generated continues after the last', async () => {
  await using site = await changed(`insert into users (id, public_id, username, email, hashed_password)
    values (41, 'p', 'ada', 'a@b.org', 'x'); alter table users alter id drop default`);
  await paste(site, await drift(site));
  const { rows } = await site.pool.query(
    `insert into users (public_id, username, email, hashed_password) values ('q', 'bob', 'b@b.org', 'x') returning id`,
  );
  expect(rows).toEqual([{ id: 42 }]);
});

test.each([
  ['its tables', ''],
  ['nothing of it', 'revoke all on all tables in schema public from public;'],
  [
    'not even temporary tables',
    `do $$ begin execute format('revoke temp on database %I from public', current_database()); end $$;`,
  ],
])('a role that may read %s gets the answer of the owner', async (_what, revoke) => {
  await using site =
    await changed(`drop index ix_datapoints_event_ts; alter table rules drop constraint rules_user_public_id_fkey;
    alter table users add column nickname text; ${revoke}`);
  const role = `reader_${Math.random().toString(36).slice(2)}`;
  await site.pool.query(
    `create role ${role} login; ${revoke ? '' : `grant select on all tables in schema public to ${role}`}`,
  );
  const url = new URL(site.url);
  url.username = role;

  const [owner, reader] = [
    await site.run('db check --json'),
    await site.run('db check --json', { env: { DATABASE_URL: url.href } }),
  ];

  expect([owner.code, JSON.parse(owner.stdout).differences.length]).toEqual([
    6,
    expect.toSatisfy((count) => count >= 2),
  ]);
  const drifted = ({ stdout }: { stdout: string }) => ({ ...JSON.parse(stdout), ids_used_percent: 'of sequences' });
  expect([reader.code, drifted(reader)]).toEqual([6, drifted(owner)]);
});

test('the command prints SQL to stdout and notes to stderr, and exits 6 or 0', async () => {
  await using site = await changed(`alter table users add column nickname text; drop index ix_datapoints_timestamp`);
  const before = await site.run('db check');
  expect([before.code, before.stdout]).toEqual([6, expect.stringMatching(/^create index concurrently .*;\n$/)]);
  expect(before.stderr).toContain('nickname');
  await site.pool.query(before.stdout);
  const after = await site.run('db check');
  expect([after.code, after.stdout, after.stderr]).toEqual([0, '', expect.stringMatching(/Note: .*nickname[\s\S]*✓/)]);
  expect(JSON.parse((await site.run('db check --json')).stdout)).toEqual({
    differences: [],
    notes: [expect.stringContaining('nickname')],
    ids_used_percent: expect.objectContaining({ users: 0 }),
  });
});
