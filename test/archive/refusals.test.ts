import { appendFileSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { anEvent, aSite, datapoints, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const folder = temporaryDirectory();
const archive = join(folder.path, 'archive');
const file = join(archive, '2026-01.parquet');
const manifest = join(archive, 'manifest.json');
let site: Site;
let event: { publicId: string; name: string };

beforeAll(async () => {
  site = await aSite();
  event = await anEvent(site);
});
afterAll(() => site[Symbol.asyncDispose]());

/** A hundred datapoints of January 2026, in the archive and in the database. */
beforeEach(async () => {
  rmSync(archive, { recursive: true, force: true });
  await site.pool.query('truncate datapoints');
  await datapoints(site, 100, { event: event.publicId });
  expect(await run('')).toMatchObject({ code: 0 });
});

async function run(more: string) {
  return await site.run(`datapoints archive --older-than 1d -o ${archive} ${more}`.trim());
}

async function count(): Promise<number> {
  return (await site.pool.query('select count(*)::int as rows from datapoints')).rows[0].rows;
}

/** Other tests share the server. */
const WAITING = `select from pg_locks join pg_database d on d.oid = database
  where not granted and relation = 'experiments'::regclass and datname = current_database()`;

const DAMAGES: [string, () => void][] = [
  ['is cut', () => writeFileSync(file, readFileSync(file).subarray(0, -100))],
  ['has other bytes', () => writeFileSync(file, readFileSync(file).fill(7, 500, 510))],
  ['is longer', () => appendFileSync(file, 'x')],
  ['is of somebody else', () => copyFileSync(manifest, file)],
];

test.each(DAMAGES)('a file that %s is refused by every command, and nothing is dropped', async (_what, damage) => {
  damage();
  for (const command of [
    `datapoints restore ${archive}`,
    `datapoints export -o - --archive ${archive}`,
    `datapoints stats --archive ${archive}`,
  ]) {
    const { code, stderr } = await site.run(command);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('2026-01.parquet is damaged') });
  }
  expect(await run('--drop')).toMatchObject({ code: 2 });
  expect(await count()).toBe(100);
});

test.each([
  ['another checksum', (text: string) => text.replace(/"sha256": "./, '"sha256": "0'), 2, 'damaged'],
  [
    'a path out of the folder',
    (text: string) => text.replace('2026-01.parquet', '../2026-01.parquet'),
    2,
    '"files" is missing or invalid',
  ],
  ['another version', (text: string) => text.replace('"version": 1', '"version": 2'), 2, 'use that one'],
  ['no JSON', () => '{', 2, 'not valid JSON'],
  ['a list', () => '[]', 2, 'not a JSON object'],
  ['no files', () => '{"version": 1}', 2, '"files" is missing or invalid'],
  ['a text for a number', (text: string) => text.replace(/"rows": (\d+)/, '"rows": "$1"'), 2, '"files" is missing or'],
])('a manifest with %s is refused, with a hint that loses no file', async (_what, change, code, message) => {
  const before = readFileSync(file);
  writeFileSync(manifest, change(readFileSync(manifest, 'utf8')));
  const isOfFile = message === 'damaged';
  for (const command of [`datapoints restore ${archive}`, `datapoints archive --older-than 1d -o ${archive} --drop`]) {
    const { code: found, stderr } = await site.run(command);
    expect({ code: found, stderr }).toMatchObject({ code, stderr: expect.stringContaining(message) });
    expect(stderr).toContain(
      isOfFile ? 'Replace it by a copy, or' : 'Replace it by a copy. Without one, keep the Parquet',
    );
  }
  expect(readFileSync(file)).toEqual(before);
  expect(await count()).toBe(100);
});

test('a missing file is no matter while the database has its datapoints, and then an error that names its month', async () => {
  rmSync(file);
  const command = `datapoints export -o - --archive ${archive}`;
  expect((await site.run(command)).code).toBe(0);
  await site.pool.query(`delete from datapoints where id = (select min(id) from datapoints)`);
  expect(await site.run(command)).toMatchObject({ code: 3, stderr: expect.stringContaining('2026-01 is missing') });
  expect((await site.run(`${command} --from 2026-02-01`)).code).toBe(0);
  expect((await site.run(`datapoints export -o - --archive ${folder.path}`)).code).toBe(3);
});

test('a file that the archive did not write is never replaced', async () => {
  rmSync(manifest);
  const before = readFileSync(file);
  expect(await run('--drop')).toMatchObject({ code: 4, stderr: expect.stringContaining('already exists') });
  expect(readFileSync(file)).toEqual(before);
  expect(await count()).toBe(100);
});

test('datapoints of a deleted event are left out of exports with a warning, and refused by a restore', async () => {
  const other = await anEvent(site, { name: 'Gone' });
  await site.pool.query('update datapoints set event_public_id = $1 where id % 2 = 0', [other.publicId]);
  await run('--drop');
  await site.pool.query('delete from events where name = $1', ['Gone']);
  const { code, stdout, stderr } = await site.run(`datapoints export -o - --archive ${archive}`);
  expect({ code, lines: stdout.trim().split('\n').length, stderr }).toEqual({
    ...{ code: 0, lines: 101 },
    stderr: expect.stringContaining('no longer exist'),
  });
  expect(await site.run(`datapoints restore ${archive}`)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('"Gone"'),
  });
});

test('two at once: the second is told that the first is running', async () => {
  const client = await site.pool.connect();
  try {
    await client.query(`begin; select pg_advisory_xact_lock(${0x61726368})`);
    expect(await run('--drop')).toMatchObject({ code: 7, stderr: expect.stringContaining('Another process') });
    expect((await site.run(`datapoints restore ${archive}`)).code).toBe(7);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

test('a killed run leaves nothing that looks finished, and the next one writes it', async () => {
  rmSync(archive, { recursive: true });
  const client = await site.pool.connect();
  try {
    // The file is being written then.
    await client.query('begin; lock table experiments in access exclusive mode');
    const child = site.start(`datapoints archive --older-than 1d -o ${archive} --drop`);
    await until(async () => (await site.pool.query(WAITING)).rowCount);
    expect(readdirSync(archive)).toEqual([expect.stringMatching(/^\.2026-01\.parquet\.part-/)]);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
  } finally {
    await client.query('rollback');
    client.release();
  }
  expect(existsSync(file)).toBe(false);
  expect((await run('--drop')).code).toBe(0);
  expect(readdirSync(archive).sort()).toEqual(['2026-01.parquet', 'manifest.json']);
  expect(await count()).toBe(0);
});

test('the archive of another database, whose events have the same names, is left alone', async () => {
  await using other = await aSite();
  const { publicId } = await anEvent(other, { name: event.name });
  await datapoints(other, 10, { event: publicId });
  const before = readFileSync(manifest, 'utf8');
  expect(await other.run(`datapoints archive --older-than 1d -o ${archive}`)).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('is the archive of another database'),
  });
  expect(readFileSync(manifest, 'utf8')).toBe(before);
});
