import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { factsOf } from '../database/layouts/catalogue.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { anEmptySite, aSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

cheapHashes();

const LAYOUTS: LayoutName[] = ['own', 'server-admin-flag', 'server-roles'];

/** A site of our own layout with rows in every table, and a gap in the ids. */
async function aSource(): Promise<Site> {
  const site = await aSite('own');
  await site.pool.query(`
    select nextval('users_id_seq');
    insert into users (public_id, username, email, hashed_password, admin, created_on)
      values ('u1', 'ada', 'ada@lab.org', 'x', true, '2026-01-01T00:00:00.123456Z'),
             ('u2', 'bob', E'b\\\\ob\t@lab.org', 'y', false, '2026-01-02');
    insert into events (public_id, name, unit, min_value, max_value, event_type, user_public_id)
      values ('e1', 'Flow', 'l/min', '-Infinity', 9.5, 'range', 'u1');
    insert into experiments (public_id, name, started_on, stopped_on, user_public_id)
      values ('x1', 'Run', '2026-01-01', '2026-01-02', 'u1');
    insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
      select 'd' || i, case when i = 0 then 'NaN' else i / 3.0 end,
             timestamptz '2026-01-01T00:00:00.123456Z' + i * interval '1 ms', 'e1', 'x1'
        from generate_series(0, 9) as i;
    insert into log_entries (public_id, content, logging_type, status_type, user_public_id)
      values ('l1', E'two\nlines', 'info', 'unread', 'u1'), ('l2', '', null, 'read', 'u2');
    insert into blacklist_tokens (token) values ('t');
    insert into rules (public_id, name, event_public_id, operator, threshold, action_type, user_public_id)
      values ('r1', 'R', 'e1', 'not_between', 1, 'webhook', 'u1');
    insert into webhooks (public_id, url, events, user_public_id) values ('w1', 'http://x', '[]', 'u1');
    insert into webhook_deliveries (public_id, webhook_id, event_type, payload, status)
      values ('wd1', 1, 'sensor.reading', '{"a":"\\n"}', 'dead_letter');
    insert into firmware_updates (public_id, version, release_notes, status)
      values ('f1', '1.2.3', 'notes', 'rolled_back');
    insert into dashboards (public_id, name, user_public_id) values ('b1', 'D', 'u1');
    insert into dashboard_widgets (public_id, dashboard_id, widget_type, title, event_public_id)
      values ('dw1', 1, 'gauge', 'W', 'e1');
    insert into plugin_packages (public_id, package_name, version, source, plugin_ids)
      values ('p1', 'k', '1', 'bundled', '[]');
    insert into plugin_instances (public_id, plugin_id, instance_name, status, user_public_id)
      values ('i1', 'k', 'I', 'demo', 'u1');
    insert into channel_mappings (public_id, instance_id, channel_id, channel_name, direction, unit, event_public_id)
      values ('c1', 1, 'c', 'C', 'bidirectional', 'K', 'e1')`);
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
    plugins: (await site.pool.query('select * from plugin_instances')).rows,
    export: (await site.run('experiments export Run -o -')).stdout,
  };
}

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
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([4, expect.stringContaining('its table "users" has rows')]);
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

/** Holds transfers into a site up at one table; resolves when one waits there. */
async function obstacleAt(table: string, { pool }: Site) {
  const client = await pool.connect();
  await client.query(`begin; lock table ${table} in share row exclusive mode`);
  return {
    async reached(): Promise<void> {
      const sql = `select from pg_locks where not granted and relation = '${table}'::regclass`;
      await until(async () => (await pool.query(sql)).rowCount);
    },
    async remove(): Promise<void> {
      await client.query('commit');
      client.release();
    },
  };
}

test('killed in the middle, it goes on behind the last whole table', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  const obstacle = await obstacleAt('datapoints', target);
  const child = target.start(['migrate-from', '--source', source.url]);
  await obstacle.reached();
  child.kill('SIGKILL');
  await new Promise((done) => child.once('close', done));
  await obstacle.remove();
  const again = await migrateFrom(source, target, '--json');
  expect(again.code).toBe(0);
  expect(tablesOf(again.stdout).map(({ resumed }) => resumed)).toEqual([
    ...[true, true, true],
    ...Array.from({ length: 12 }, () => false),
  ]);
});

test('run again after its end, it says that all is there, and writes nothing', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  expect((await migrateFrom(source, target)).code).toBe(0);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([0, expect.stringContaining('Already complete: ')]);
  await source.run('events update Flow --max 11');
  expect((await migrateFrom(source, target)).code).toBe(4);
});

/** A target into which the first tables are copied, as an interruption leaves it. */
async function interrupted(source: Site, layout: LayoutName): Promise<Site> {
  const target = await aSite(layout);
  await target.pool.query(`create function stop() returns trigger language plpgsql as $$ begin raise 'stop'; end $$;
    create trigger stop before insert on datapoints execute function stop()`);
  const { code, stderr } = await migrateFrom(source, target);
  expect([code, stderr]).toEqual([
    5,
    expect.stringMatching(new RegExp(`^error: \\S+${new URL(target.url).pathname}\\S* reported: stop`, 'm')),
  ]);
  await target.pool.query('drop trigger stop on datapoints');
  return target;
}

test('a table that the source has changed since is copied again, with all that follow', async () => {
  await using source = await aSource();
  await using target = await interrupted(source, 'server-roles');
  await source.run('events update Flow --max 11');
  const { stdout } = await migrateFrom(source, target, '--json');
  expect(tablesOf(stdout).map(({ resumed }) => resumed)).toEqual([true, ...Array.from({ length: 14 }, () => false)]);
  expect(JSON.parse((await target.run('events show Flow --json')).stdout)).toMatchObject({ max_value: 11 });
});

test('an interrupted target is not mixed with another source, nor with rows of others', async () => {
  await using source = await aSource();
  await using other = await aSource();
  await using target = await interrupted(source, 'server-roles');
  expect(await migrateFrom(other, target)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('another database'),
  });
  await target.pool.query(`update users set email = 'changed@lab.org' where username = 'bob'`);
  expect(await migrateFrom(source, target)).toMatchObject({ code: 4, stderr: expect.stringContaining('have changed') });
});

test('the source can be written to during a copy, and what is written then is not copied', async () => {
  await using source = await aSource();
  await using target = await aSite('server-roles');
  const obstacle = await obstacleAt('log_entries', target);
  const running = migrateFrom(source, target, '--json');
  await obstacle.reached();
  expect((await source.run('experiments start Next --as ada')).code).toBe(0);
  expect((await source.run('events update Flow --max 12')).code).toBe(0);
  await obstacle.remove();
  const { code, stdout } = await running;
  expect(code).toBe(0);
  expect(tablesOf(stdout).filter(({ table }) => table === 'log_entries')).toMatchObject([{ rows: 2 }]);
});

test('a second transfer into one target is refused with 7 while the first is at work', async () => {
  await using source = await aSource();
  await using target = await aSite('own');
  const obstacle = await obstacleAt('datapoints', target);
  const first = migrateFrom(source, target);
  await obstacle.reached();
  expect((await migrateFrom(source, target)).code).toBe(7);
  await obstacle.remove();
  expect((await first).code).toBe(0);
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
