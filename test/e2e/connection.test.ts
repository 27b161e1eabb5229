import { afterAll, expect, test } from 'vitest';
import { webmacs } from '../support/program.ts';
import { anEvent, aSite, aUser, datapoints } from '../support/site.ts';

const site = await aSite();
afterAll(async () => await site[Symbol.asyncDispose]());
const { port, username, pathname, searchParams } = new URL(site.url);
const name = pathname.slice(1);
const socket = encodeURIComponent(searchParams.get('host') ?? '');
const urlOf = (database: string, query = '') => `postgresql://${username}@${socket}:${port}/${database}?${query}`;

async function users(DATABASE_URL: string, env = {}, ...words: string[]) {
  return await webmacs(['users', 'list', ...words], { env: { DATABASE_URL, ...env } });
}

test('the options of a URL decide whose rows are pruned', async () => {
  const { publicId: event } = await anEvent(site);
  await site.pool.query('create schema lab2');
  await site.pool.query(`do $$ declare t text; begin
    for t in select tablename from pg_tables where schemaname = 'public' loop
      execute format('create table lab2.%I (like public.%I including all)', t, t);
    end loop; end $$`);
  await datapoints(site, 3, { event });
  await site.pool.query('insert into lab2.datapoints select * from public.datapoints limit 2');
  await site.pool.query(`update lab2.datapoints set timestamp = '2020-01-01'`);
  await site.pool.query(`update public.datapoints set timestamp = '2020-01-01'`);
  const prune = ['datapoints', 'prune', '--older-than', '365d', '--json'];
  const DATABASE_URL = urlOf(name, 'options=-csearch_path%3Dlab2');
  expect(await webmacs(prune, { env: { DATABASE_URL } })).toMatchObject({ code: 0, stderr: '' });
  const count = async (schema: string) => (await site.pool.query(`select from ${schema}.datapoints`)).rowCount;
  expect([await count('lab2'), await count('public')]).toEqual([0, 3]);
});

test('the name of a database may have any character', async () => {
  const odd = 'a/b#c+d?e%f';
  await site.pool.query(`create database "${odd}"`);
  const { code, stderr } = await users(urlOf(encodeURIComponent(odd).replace('%2B', '+')));
  await site.pool.query(`drop database "${odd}"`);
  expect([code, stderr]).toEqual([5, expect.stringContaining('is not migrated')]);
});

const wrong = urlOf('x', 'ssmode=disable');
test.each([
  ['--database-url', ['--database-url', wrong]],
  ['DATABASE_URL', []],
])('an unknown parameter of %s exits 2 and is answered by a suggestion', async (origin, words) => {
  const { code, stdout, stderr } = await users(wrong, {}, ...words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`${origin} has an unknown parameter "ssmode"`);
  expect(stderr).toContain('Did you mean sslmode?');
});

test('an unknown parameter of the database to copy exits 2 too', async () => {
  const env = { DATABASE_URL: site.url, WEBMACS_SOURCE_URL: urlOf('x', 'chanel_binding=require') };
  const { code, stderr } = await webmacs(['migrate-from'], { env });
  expect([code, stderr]).toEqual([2, expect.stringContaining('channel_binding')]);
});

test('an unsupported parameter exits 2 and is named, in the environment too', async () => {
  const { code, stderr } = await users(site.url, { PGREQUIREPEER: 'postgres' });
  expect([code, stderr]).toEqual([2, expect.stringContaining('PGREQUIREPEER cannot be used')]);
});

test('the second of two servers is used where the first is down, and named', async () => {
  await aUser(site, { username: 'somebody' });
  const env = { PGHOST: `127.0.0.1,${decodeURIComponent(socket)}`, PGPORT: `1,${port}`, PGUSER: username };
  const { code, stdout, stderr } = await users('', { ...env, PGDATABASE: name });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('somebody');
});
