import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { LayoutName } from '../../src/database/layouts/layouts.ts';
import { factsOf } from '../database/layouts/catalogue.ts';
import { rewriteManifest } from '../support/backups.ts';
import { cheapHashes } from '../support/cheap-hashes.ts';
import { aSource, obstacleAt, tablesOf, viewOf } from '../support/migration.ts';
import { temporaryDirectory } from '../support/program.ts';
import { anEmptySite, aSite, type Site } from '../support/site.ts';

cheapHashes();

const LAYOUTS: LayoutName[] = ['own', 'server-admin-flag', 'server-roles'];
const folder = temporaryDirectory();
const own = await aSource();
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});
const at = (name: string) => join(folder.path, name);
const backUp = async (site: Site, name: string, ...more: string[]) => {
  expect((await site.run(['db', 'backup', '-o', at(name), '--force', ...more])).code).toBe(0);
};
const restore = async (site: Site, name: string, ...more: string[]) =>
  await site.run(['db', 'restore', at(name), ...more]);

describe('every layout is restored into every layout', async () => {
  const view = await viewOf(own);
  await backUp(own, 'own.tar.zst');

  // What has been restored first into a layout is backed up as the source of what follows.
  test.each([
    ['own', 'server-admin-flag'],
    ['own', 'server-roles'],
    ...LAYOUTS.flatMap((from) => LAYOUTS.map((to) => [from, to] as const)).filter(
      ([from, to]) => from !== 'own' || to === 'own',
    ),
  ] as const)('from %s into %s', async (from, to) => {
    await using target = await aSite(to);
    const schema = await factsOf(target.pool);
    const { code, stdout } = await restore(target, `${from}.tar.zst`, '--json');
    expect(code).toBe(0);
    const counts = Object.fromEntries(tablesOf(stdout).map(({ table, rows }) => [table, rows]));
    expect(counts).toMatchObject({ users: 2, datapoints: 10, log_entries: 2, channel_mappings: 1 });
    expect(await viewOf(target)).toEqual(view);
    expect(await factsOf(target.pool)).toEqual(schema);
    const { rows } = await target.pool.query(
      `select to_regclass('webmacs_transfer') as left, nextval('users_id_seq')::int as next_id`,
    );
    expect(rows).toEqual([{ left: null, next_id: 4 }]);
    if (from === 'own' && to !== 'own') {
      await backUp(target, `${to}.tar.zst`);
    }
  });
});

test.each([
  [[], 'own'],
  [['--layout', 'server-roles'], 'server-roles'],
])('a database without tables gets them: %j', async (options, layout) => {
  await backUp(own, 'own.tar.zst');
  await using target = await anEmptySite();
  const dry = await restore(target, 'own.tar.zst', ...options, '--dry-run');
  expect([dry.code, dry.stderr]).toEqual([0, expect.stringContaining(`(${layout}, whose tables it would create)`)]);
  expect((await target.run('db info --json')).stdout).toContain('none: the schema');
  expect((await restore(target, 'own.tar.zst', ...options)).code).toBe(0);
  expect(JSON.parse((await target.run('db info --json')).stdout).layout).toBe(layout);
  expect((await target.run('users list')).stdout).toContain('ada');
});

test('what the target cannot store is reported before, and --layout cannot change tables that exist', async () => {
  await using source = await aSite('server-roles');
  await source.run('users create ada --email ada@lab.org --admin --generate-password');
  await source.run('users create bob --email bob@lab.org --role operator --generate-password');
  await source.run('tokens api create x --as ada');
  await backUp(source, 'roles');
  await using target = await aSite('server-admin-flag');
  const { code, stdout, stderr } = await restore(target, 'roles', '--dry-run', '--json');
  expect([code, JSON.parse(stdout).losses]).toEqual([
    0,
    [
      { table: 'users', property: 'role', rows: 1 },
      { table: 'api_tokens', property: null, rows: 1 },
    ],
  ]);
  expect(stderr).toContain('cannot store "role" of 1 of the users');
  expect((await target.run('users list')).stdout).toBe('');
  expect((await restore(target, 'roles', '--layout', 'own')).code).toBe(4);
  await using empty = await anEmptySite();
  expect((await restore(empty, 'roles', '--layout', 'server-admin-flag')).code).toBe(4);
});

test('the times at which datapoints were stored are counted before, unless they are those of the datapoints', async () => {
  await own.pool.query('update datapoints set created_on = "timestamp" where id <= 3');
  await backUp(own, 'own.tar.zst');
  await using target = await aSite('server-roles');
  const { code, stdout } = await restore(target, 'own.tar.zst', '--dry-run', '--json');
  expect([code, JSON.parse(stdout).losses]).toEqual([
    0,
    expect.arrayContaining([{ table: 'datapoints', property: 'created_on', rows: 7 }]),
  ]);
});

test.each([
  [[], 'viewer'],
  [['--non-admins', 'operator'], 'operator'],
])('users without the admin role become what %j says, and that is reported', async (options, role) => {
  await backUp(own, 'own.tar.zst');
  await using target = await aSite('server-roles');
  const { code, stderr } = await restore(target, 'own.tar.zst', ...options);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining(`1 user without the admin role will have the role "${role}"`),
  ]);
  const { rows } = await target.pool.query('select role from users order by username');
  expect(rows).toEqual([{ role: 'admin' }, { role }]);
  expect((await restore(own, 'own.tar.zst', '--non-admins', 'operator')).code).toBe(2);
});

test('a damaged, truncated or newer backup is refused before anything is written', async () => {
  await backUp(own, 'own.tar.zst');
  await backUp(own, 'parts');
  const whole = readFileSync(at('own.tar.zst'));
  const broken = Buffer.from(whole);
  broken[40] = (broken[40] ?? 0) ^ 1;
  writeFileSync(at('broken.tar.zst'), broken);
  writeFileSync(at('short.tar.zst'), whole.subarray(0, -1));
  rewriteManifest(at('parts'), (text) => text.replace('"format": 1', '"format": 2'));
  await using target = await anEmptySite();
  for (const [name, why] of [
    ['broken.tar.zst', 'is damaged'],
    ['short.tar.zst', 'truncated'],
    ['parts', 'has the format 2'],
  ] as const) {
    expect(await restore(target, name)).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  }
  expect(await restore(target, 'missing.tar.zst')).toMatchObject({ code: 3 });
  expect((await target.run('db info --json')).stdout).toContain('none: the schema');
});

test('killed in the middle, it is refused by others, and resumes behind the last whole table', async () => {
  await backUp(own, 'own.tar.zst');
  await using target = await aSite('server-roles');
  const obstacle = await obstacleAt('datapoints', target);
  const child = target.start(['db', 'restore', at('own.tar.zst')]);
  await obstacle.reached();
  child.kill('SIGKILL');
  await new Promise((done) => child.once('close', done));
  await obstacle.remove();
  for (const line of ['users list', 'db check', 'db backup -o x.tar.zst']) {
    expect(await target.run(line)).toMatchObject({ code: 5, stderr: expect.stringContaining('is incomplete') });
  }
  const again = await restore(target, 'own.tar.zst', '--json');
  expect(again.code).toBe(0);
  expect(tablesOf(again.stdout).map(({ resumed }) => resumed)).toEqual([
    ...[true, true, true],
    ...Array.from({ length: 12 }, () => false),
  ]);
  expect(await restore(target, 'own.tar.zst')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Already complete'),
  });
  await target.run('events update Flow --max 11');
  for (const more of [[], ['--dry-run']]) {
    expect(await restore(target, 'own.tar.zst', ...more)).toMatchObject({ code: 4 });
  }
});

test('a part of the tables, and of the datapoints, is restored as such', async () => {
  await backUp(own, 'part', '--only', 'datapoints', '--to', '2026-01-01T00:00:00.125Z');
  await using target = await anEmptySite();
  const { code, stderr } = await restore(target, 'part');
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/6 rows of 4 tables restored .*Not in the backup: log_entries,/),
  ]);
  expect((await target.run('datapoints list --json')).stdout.match(/public_id/g)).not.toBeNull();
});
