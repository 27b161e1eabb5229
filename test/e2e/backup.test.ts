import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { entriesOf, modesBelow, rewriteManifest } from '../support/backups.ts';
import { aSource } from '../support/migration.ts';
import { temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';

const site = await aSource();
const folder = temporaryDirectory();
afterAll(async () => {
  folder[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});
const at = (name: string) => join(folder.path, name);
const backup = async (name: string, ...more: string[]) => await site.run(['db', 'backup', '-o', at(name), ...more]);
const verify = async (name: string) => await site.run(['db', 'backup', 'verify', at(name)]);

test('a file is a tar of all rows that only its owner may read, and verifies', async () => {
  const { code, stderr } = await backup('a.tar.zst');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/a\.tar\.zst: 26 rows of 15 tables, .*contains secrets/)]);
  expect(modesBelow(folder.path)).toEqual(['600', '700']);
  const entries = await entriesOf(at('a.tar.zst'));
  expect(entries.get('events/0000001-000.copy')).toMatch(/^1\te1\tFlow\tl\/min\t-Infinity\t9\.5\trange\tu1\t/);
  expect([...entries.keys()].at(-1)).toBe('manifest.json');
  const { created_on, tables } = JSON.parse(entries.get('manifest.json') ?? '');
  expect(tables.find(({ table }: { table: string }) => table === 'datapoints')).toMatchObject({ rows: 10 });
  expect(Date.parse(created_on)).toBeGreaterThan(0);
  const verified = await verify('a.tar.zst');
  expect([verified.code, verified.stderr]).toEqual([0, expect.stringContaining('is whole: 26 rows of 15 tables')]);
});

test('a folder has the same entries as files, and verifies', async () => {
  expect((await backup('folder')).code).toBe(0);
  expect(modesBelow(at('folder'))).toEqual(['600', '700']);
  expect(readdirSync(at('folder'))).toContain('manifest.json.zst');
  expect((await verify('folder')).code).toBe(0);
});

test('standard output gets the bytes of a file', async () => {
  const child = site.start(['db', 'backup', '-o', '-']);
  writeFileSync(at('piped.tar.zst'), child.stdout ? await buffer(child.stdout) : '');
  await until(() => child.exitCode !== null);
  expect((await verify('piped.tar.zst')).code).toBe(0);
});

test('a reader of standard output that ends before the backup makes it fail', async () => {
  const child = site.start(['db', 'backup', '-o', '-']);
  child.stdout?.destroy();
  await until(() => child.exitCode !== null);
  expect(child.exitCode).toBe(1);
});

test('nothing is replaced without --force, and no folder at all', async () => {
  await backup('here.tar.zst');
  await backup('there');
  const before = readFileSync(at('here.tar.zst'));
  expect((await backup('here.tar.zst')).code).toBe(4);
  expect((await backup('there', '--force')).code).toBe(4);
  expect(readFileSync(at('here.tar.zst')).equals(before)).toBe(true);
  expect((await backup('here.tar.zst', '--force')).code).toBe(0);
});

test.each(['b.zip', 'b.tar', 'b.tar.gz', 'b.zst'])('the name %s is refused', async (name) => {
  const { code, stderr } = await backup(name);
  expect([code, stderr]).toEqual([2, expect.stringContaining('cannot have the suffix')]);
});

test('a file of which a byte differs, or the end is missing, is damaged, unless it still has the same content', async () => {
  await backup('whole.tar.zst');
  const whole = readFileSync(at('whole.tar.zst'));
  const content = await entriesOf(at('whole.tar.zst'));
  for (let byte = 0; byte < whole.length; byte += Math.ceil(whole.length / 30)) {
    const broken = Buffer.from(whole);
    broken[byte] = (broken[byte] ?? 0) ^ 0x10;
    writeFileSync(at('broken.tar.zst'), broken);
    const { code } = await verify('broken.tar.zst');
    // Some bits of zstd mean nothing.
    const isSame = await entriesOf(at('broken.tar.zst')).then(
      (entries) => isDeepStrictEqual(entries, content),
      () => false,
    );
    expect([byte, isSame ? [0, 6] : [6]]).toEqual([byte, expect.arrayContaining([code])]);
  }
  for (const length of [0, 5, 1000, whole.length - 1]) {
    writeFileSync(at('short.tar.zst'), whole);
    truncateSync(at('short.tar.zst'), length);
    expect(await verify('short.tar.zst')).toMatchObject({ code: 6, stderr: expect.stringContaining('truncated') });
  }
});

test('a folder without its manifest, without a part, or with another number of rows is damaged', async () => {
  await backup('parts');
  rewriteManifest(at('parts'), (text) => text.replaceAll('"rows": 10,', '"rows": 11,'));
  expect(await verify('parts')).toMatchObject({ code: 6, stderr: expect.stringContaining('has 10 rows') });
  rewriteManifest(at('parts'), (text) => text.replaceAll('0000001-000', '0000002-000'));
  expect(await verify('parts')).toMatchObject({ code: 6, stderr: expect.stringContaining('is missing') });
  expect(await verify('.')).toMatchObject({ code: 6, stderr: expect.stringContaining('has no manifest') });
});

test.each<[string, (text: string) => string]>([
  ['null', () => 'null'],
  ['no parts', () => '{ "format": 1 }'],
  ['a text for a number', (text) => text.replace(/"bytes": (\d+)/, '"bytes": "$1"')],
  ['a path out of the folder', (text) => text.replaceAll('users/0000001-000', 'users/../0000001-000')],
  ['an unknown layout', (text) => text.replace(/"layout": "[^"]*"/, '"layout": "other"')],
])('a manifest with %s is damaged, and does not keep others from being listed', async (what, change) => {
  const [folder, name] = [`with ${what}`, 'parts'];
  mkdirSync(at(folder));
  await backup(`${folder}/${name}`);
  rewriteManifest(at(`${folder}/${name}`), change);
  expect(await verify(`${folder}/${name}`)).toMatchObject({ code: 6, stderr: expect.stringContaining('is damaged') });
  const { code, stdout } = await site.run(['db', 'backup', 'list', at(folder), '--json']);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, [{ rows: null, problem: expect.stringContaining('damaged') }]]);
});

test('a newer format is named, with the version that can read it', async () => {
  await backup('newer');
  rewriteManifest(at('newer'), (text) =>
    text.replace('"format": 1', '"format": 2').replace(/"program": "[^"]*"/, '"program": "9.1.0"'),
  );
  const { code, stderr } = await verify('newer');
  expect([code, stderr]).toEqual([2, expect.stringContaining('Use webmacs 9.1.0 or later.')]);
});

test('rows of any width are divided into parts of bounded size', async () => {
  await site.pool.query(
    `insert into webhook_deliveries (public_id, webhook_id, event_type, payload, status)
       select 'wide' || i, 1, 'sensor.reading', repeat('x', 3000000), 'delivered' from generate_series(1, 5) i`,
  );
  expect((await backup('wide', '--only', 'webhook_deliveries')).code).toBe(0);
  expect(readdirSync(at('wide'))).toEqual(['manifest.json.zst', 'users', 'webhook_deliveries', 'webhooks']);
  expect(readdirSync(at('wide/webhook_deliveries')).sort()).toEqual(
    ['000', '001', '002'].map((part) => `0000001-${part}.copy.zst`),
  );
  expect((await verify('wide')).code).toBe(0);
});

test('--only, --without-datapoints, --from and --to choose the rows', async () => {
  const tablesOf = async (name: string, ...more: string[]) => {
    const { stdout } = await backup(name, '--json', ...more);
    return JSON.parse(stdout).tables.map(({ table, rows }: { table: string; rows: number }) => `${table} ${rows}`);
  };
  expect(await tablesOf('rules', '--only', 'rules')).toEqual(['users 2', 'events 1', 'rules 1']);
  expect(await tablesOf('small', '--without-datapoints')).toHaveLength(14);
  const range = ['--from', '2026-01-01T00:00:00.125Z', '--to', '2026-01-01T00:00:00.128Z'];
  expect(await tablesOf('part', '--only', 'datapoints', ...range)).toContain('datapoints 3');
  expect(await backup('none', '--only', 'nothing')).toMatchObject({ code: 2 });
  expect(await backup('none', '--without-datapoints', ...range)).toMatchObject({ code: 2 });
});
