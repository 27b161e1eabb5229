import { expect, test } from 'vitest';
import { migrations } from '../../migrations/index.ts';
import { difference } from '../../src/database/schema/difference.ts';
import { openDatabase } from '../support/database.ts';
import { anEmptySite, aSite, type Site } from '../support/site.ts';

const ALL = migrations.map(({ name }) => name);
const [INITIAL = ''] = ALL;

async function tablesOf({ pool }: Site): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
}

test('migrate makes the 15 tables, and has nothing to do the second time', async () => {
  await using site = await anEmptySite();
  const first = await site.run('db migrate --json');
  const again = await site.run('db migrate');
  expect([first.code, JSON.parse(first.stdout)]).toEqual([0, { applied: ALL }]);
  expect([again.code, again.stderr]).toEqual([0, 'Nothing to do: the database is up to date.\n']);
  expect(await tablesOf(site)).toHaveLength(16);
});

test('migrate --dry-run prints SQL that psql would run, and writes nothing', async () => {
  await using site = await anEmptySite();
  const { code, stdout } = await site.run('db migrate --dry-run');
  expect([code, await tablesOf(site)]).toEqual([0, []]);
  await site.pool.query(stdout);
  expect(await tablesOf(site)).toHaveLength(15);
});

test('migrate --to stops after the named migration, and refuses an unknown one', async () => {
  await using site = await anEmptySite();
  expect(await site.run('db migrate --to 2030')).toMatchObject({ code: 3, stderr: expect.stringContaining(INITIAL) });
  expect((await site.run('db migrate --to initial')).code).toBe(0);
  expect(await tablesOf(site)).toContain('users');
});

test('ten at once on an empty database all exit 0, with one schema', async () => {
  await using site = await anEmptySite();
  const runs = await Promise.all(Array.from({ length: 10 }, () => site.run('db migrate --json')));
  expect(runs.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0));
  expect(runs.flatMap(({ stdout }) => JSON.parse(stdout).applied)).toEqual(ALL);
  expect((await site.pool.query('select name from mikro_orm_migrations')).rows).toEqual(ALL.map((name) => ({ name })));
});

test('a failing migration leaves the database as it was', async () => {
  await using site = await anEmptySite();
  await site.pool.query('create table rules (mine int)');
  const { code, stdout, stderr } = await site.run('db migrate');
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toContain('relation "rules" already exists');
  expect(stderr).toContain('db stamp');
  expect(await tablesOf(site)).toEqual(['rules']);
});

test('--lock-timeout gives up with 7 while another session changes the schema', async () => {
  await using site = await anEmptySite();
  const other = await site.pool.connect();
  await other.query(`begin; select pg_advisory_xact_lock(${0x7765626d}, 'public'::regnamespace::oid::int4)`);
  for (const line of [
    'db migrate --lock-timeout 0',
    'db rollback --yes --lock-timeout 0',
    'db stamp initial --lock-timeout 0',
  ]) {
    const { code, stderr } = await site.run(line);
    expect([code, stderr]).toEqual([7, expect.stringContaining('--lock-timeout')]);
  }
  await other.query('rollback');
  other.release();
  expect((await site.run('db migrate --lock-timeout 0')).code).toBe(0);
});

test('a table that is in use gives up with 7 as well', async () => {
  await using site = await aSite();
  const other = await site.pool.connect();
  await other.query('begin; select from users, datapoints');
  const { code, stderr } = await site.run('db rollback --yes --lock-timeout 1');
  await other.query('rollback');
  other.release();
  expect([code, stderr]).toEqual([7, expect.stringContaining('holds a lock')]);
});

test('status distinguishes applied from pending, and exits 6 only with --exit-code', async () => {
  await using site = await anEmptySite();
  expect(await site.run('db status')).toMatchObject({
    code: 0,
    stdout: ALL.map((name) => `${name}\tpending\t\n`).join(''),
  });
  const strict = await site.run('db status --exit-code --json');
  expect([strict.code, JSON.parse(strict.stdout), JSON.parse(strict.stderr)]).toEqual([
    6,
    ALL.map((name) => ({ name, status: 'pending', executed_on: null })),
    { error: expect.objectContaining({ kind: 'check_failed', exit_code: 6 }) },
  ]);
  await site.run('db migrate');
  expect(await site.run('db status --exit-code')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('applied'),
  });
});

test.each([
  ['a column less', 'alter table rules drop column threshold_high'],
  ['another type', 'alter table events alter column unit type varchar(10)'],
  ['an index less', 'drop index ix_datapoints_event_ts'],
  [
    'another ON DELETE',
    `alter table datapoints drop constraint datapoints_event_public_id_fkey, add constraint
    datapoints_event_public_id_fkey foreign key (event_public_id) references events (public_id) on delete restrict`,
  ],
])('check exits 6 for %s, and prints what would mend it', async (_what, sql) => {
  await using site = await aSite();
  await site.pool.query(sql);
  const { code, stdout } = await site.run('db check --json');
  const { differences } = JSON.parse(stdout);
  expect([code, differences.length]).toEqual([6, expect.toSatisfy((count: number) => count > 0)]);
  for (const sql of differences) {
    await site.pool.query(sql);
  }
  await using opened = await openDatabase(site);
  expect(await difference(opened.orm, opened.em, opened.schema)).toEqual({ up: [], down: [] });
});

test('check exits 0 where there is no difference', async () => {
  await using site = await aSite();
  const check = await site.run('db check --json');
  expect([check.code, JSON.parse(check.stdout).differences]).toEqual([0, []]);
});

test('rollback asks, and with --yes takes the tables away', async () => {
  await using site = await aSite();
  const asked = await site.run('db rollback');
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  expect(await tablesOf(site)).toContain('users');
  for (const _ of ALL) {
    expect((await site.run('db rollback --yes')).code).toBe(0);
  }
  expect(await tablesOf(site)).toEqual(['mikro_orm_migrations']);
  expect(await site.run('db rollback --yes')).toMatchObject({ code: 0, stderr: 'Nothing to revert.\n' });
});

test('stamp records a migration without running it, once', async () => {
  await using site = await anEmptySite();
  const first = await site.run('db stamp initial --json');
  const again = await site.run('db stamp initial --json');
  expect([first, again].map(({ stdout }) => JSON.parse(stdout).recorded)).toEqual([true, false]);
  expect(await tablesOf(site)).toEqual(['mikro_orm_migrations']);
  expect((await site.run('db stamp nonsense')).code).toBe(3);
});

test('info has version, size, migration and rows a table', async () => {
  await using site = await aSite();
  const { stdout } = await site.run('db info --json');
  expect(JSON.parse(stdout)).toMatchObject({
    where: expect.stringMatching(/^postgresql:/),
    origin: 'DATABASE_URL',
    server_version: expect.stringMatching(/^17\./),
    size_bytes: expect.any(Number),
    migration: ALL.at(-1),
    tables: expect.arrayContaining([expect.objectContaining({ table: 'users', rows: 0 })]),
  });
});
