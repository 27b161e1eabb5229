import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { anEmptySite, aSite, type Site } from '../support/site.ts';

const LAYOUTS: LayoutName[] = ['own', 'server-admin-flag', 'server-roles'];
const input = 'correct horse';

/** A site with some of everything that the program can make, and gaps in the ids. */
async function aSource(layout: LayoutName, rows = 1000): Promise<Site> {
  const site = await aSite(layout);
  for (const name of ['gone', 'ada', 'bob']) {
    const admin = name === 'bob' ? [] : ['--admin'];
    await site.run(['users', 'create', name, '--email', `${name}@lab.org`, '--password-stdin', ...admin], { input });
  }
  await site.run('users delete gone --yes');
  await site.run('events create Flow --unit l/min --min 0 --max 9.5 --type range --as ada');
  await site.run('experiments start Run --as ada');
  await site.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select 'd' || i, case when i = 0 then 'NaN' else i / 3.0 end, timestamptz '2026-01-01T00:00:00.123456Z' + i * interval '1 ms',
            e.public_id, x.public_id
       from events e, experiments x, generate_series(0, $1::int - 1) as i`,
    [rows],
  );
  await site.run('experiments stop Run --as ada');
  return site;
}

const migrateFrom = async (source: Site, target: Site, ...more: string[]) =>
  await target.run(['migrate-from', '--source', source.url, '--target', target.url, ...more]);

const tablesOf = (text: string): { table: string; rows: number; resumed: boolean }[] => JSON.parse(text).tables;

/** What a site has, as far as every layout can say it. */
async function viewOf(site: Site) {
  const rows = async (line: string) =>
    JSON.parse((await site.run(`${line} --json`)).stdout) as Record<string, unknown>[];
  return {
    users: (await rows('users list')).map(({ id, username, admin, created_on }) => ({
      id,
      username,
      admin,
      created_on,
    })),
    events: (await rows('events list')).map(({ created_on: _, ...event }) => event),
    export: (await site.run('experiments export Run -o -')).stdout,
  };
}

describe('everything arrives, and new rows follow', async () => {
  const sources: Partial<Record<LayoutName, Site>> = { own: await aSource('own') };
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
    const { code, stdout } = await migrateFrom(sources[from] as Site, target, '--json');
    expect(code).toBe(0);
    expect(tablesOf(stdout).filter(({ rows }) => rows > 0)).toMatchObject([
      { table: 'users', rows: 2 },
      { table: 'events', rows: 1 },
      { table: 'experiments', rows: 1 },
      { table: 'datapoints', rows: 1000 },
      { table: 'log_entries', rows: 2 },
    ]);
    expect(await viewOf(target)).toEqual(view);
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
  await using source = await aSource('own', 1);
  await using target = await aSource('server-roles', 1);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([4, expect.stringContaining('its table "users" has rows')]);
});

test('a target without tables is told to be migrated, and a database cannot be its own target', async () => {
  await using source = await aSource('own', 1);
  await using target = await anEmptySite();
  expect(await migrateFrom(source, target)).toMatchObject({ code: 5, stderr: expect.stringContaining('db migrate') });
  expect(await migrateFrom(source, source)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('same database'),
  });
});

test('what the target cannot say is told before, with the number of rows, and --dry-run writes nothing', async () => {
  await using source = await aSource('server-roles', 1);
  await using target = await aSite('server-admin-flag');
  await source.run('users update bob --role operator');
  await source.run('tokens api create x --as ada');
  const { code, stdout, stderr } = await migrateFrom(source, target, '--dry-run', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).losses).toEqual([
    { table: 'users', property: 'role', rows: 1 },
    { table: 'api_tokens', property: null, rows: 1 },
  ]);
  expect(stderr).toContain('cannot say "role" of 1 of the users');
  expect((await target.run('users list')).stdout).toBe('');
});

test('killed in the middle, it goes on behind the last whole table', async () => {
  await using source = await aSource('own', 300_000);
  await using target = await aSite('server-roles');
  const child = target.start(['migrate-from', '--source', source.url]);
  const whole = async () =>
    (await target.pool.query(`select to_regclass('webmacs_transfer') is not null as begun`)).rows[0].begun &&
    (await target.pool.query('select from webmacs_transfer')).rowCount;
  while ((await whole()) !== 3) {
    await sleep(5);
  }
  child.kill('SIGKILL');
  await new Promise((done) => child.once('close', done));
  expect((await target.run('users list --json')).stdout).toContain('ada');
  const again = await migrateFrom(source, target, '--json');
  expect(again.code).toBe(0);
  expect(tablesOf(again.stdout).map(({ resumed }) => resumed)).toEqual([
    ...[true, true, true],
    ...Array.from({ length: 12 }, () => false),
  ]);
  expect(await target.run('db check')).toMatchObject({ code: 0 });
});

/** A target into which the first tables are copied, as an interruption leaves it. */
async function interrupted(source: Site, layout: LayoutName): Promise<Site> {
  const target = await aSite(layout);
  await target.pool.query(`create function stop() returns trigger language plpgsql as $$ begin raise 'stop'; end $$;
    create trigger stop before insert on datapoints execute function stop()`);
  expect(await migrateFrom(source, target)).toMatchObject({ code: 5, stderr: expect.stringContaining('stop') });
  await target.pool.query('drop trigger stop on datapoints');
  return target;
}

test('a table that the source has changed since is copied anew, with all that follow', async () => {
  await using source = await aSource('own', 10);
  await using target = await interrupted(source, 'server-roles');
  await source.run('events update Flow --max 11');
  const { stdout } = await migrateFrom(source, target, '--json');
  expect(tablesOf(stdout).map(({ resumed }) => resumed)).toEqual([true, ...Array.from({ length: 14 }, () => false)]);
  expect(JSON.parse((await target.run('events show Flow --json')).stdout)).toMatchObject({ max_value: 11 });
});

test('an interrupted target is not mixed with another source, nor with rows of others', async () => {
  await using source = await aSource('own', 10);
  await using other = await aSource('own', 10);
  await using target = await interrupted(source, 'server-roles');
  expect(await migrateFrom(other, target)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('another database'),
  });
  await target.pool.query(`update users set email = 'changed@lab.org' where username = 'bob'`);
  expect(await migrateFrom(source, target)).toMatchObject({ code: 4, stderr: expect.stringContaining('have changed') });
});

test('two at once do not write into one target', async () => {
  await using source = await aSource('own', 100_000);
  await using target = await aSite('own');
  const runs = await Promise.all([migrateFrom(source, target), migrateFrom(source, target)]);
  const codes = runs.map(({ code }) => code).sort();
  // The second finds the first at work, or done.
  expect([
    [0, 4],
    [0, 7],
  ]).toContainEqual(codes);
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
