import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { Database } from '../../src/database/database.ts';
import { targetFromUrl } from '../../src/database/target.ts';
import { DatabaseError } from '../../src/errors.ts';
import { freshDatabase } from '../support/database.ts';

const site = await freshDatabase();
afterAll(async () => await site[Symbol.asyncDispose]());
const { port, username, searchParams } = new URL(site.url);
const socket = searchParams.get('host') ?? '';
const closed = '127.0.0.1:1';

/** What a session is that is opened with these parameters, on hosts of which the socket is one. */
async function session(query: string, environment = {}, hosts = '') {
  const at = hosts || `${encodeURIComponent(socket)}:${port}`;
  const url = `postgresql://${username}@${at}/${site.name}?${query}`;
  await using database = await Database.open(targetFromUrl(url, { HOME: '/nonexistent', ...environment }, 'the test'));
  const { rows } = await database.pool.query(
    `select current_setting('application_name') as name, current_setting('search_path') as path, pg_backend_pid() as pid,
            current_setting('datestyle') as style, current_setting('timezone') as zone,
            current_setting('client_encoding') as encoding, current_setting('geqo') as geqo`,
  );
  return { ...rows[0], where: database.where };
}

test('the settings of a session come from the URL, and from the environment that is handed down only', async () => {
  process.env.PGAPPNAME = 'of the process';
  process.env.PGOPTIONS = '-c search_path=of_the_process';
  try {
    expect(await session('')).toMatchObject({ name: 'webmacs', path: '"$user", public' });
  } finally {
    delete process.env.PGAPPNAME;
    delete process.env.PGOPTIONS;
  }
  const environment = { PGTZ: 'Europe/Berlin', PGGEQO: 'off', PGDATESTYLE: 'German, DMY', PGAPPNAME: 'cron' };
  const options = encodeURIComponent('-c search_path=public,\\ lab2 -c datestyle=SQL');
  expect(await session(`options=${options}`, environment)).toMatchObject({
    name: 'cron',
    path: 'public, lab2',
    zone: 'Europe/Berlin',
    geqo: 'off',
    style: 'ISO, DMY',
  });
  expect(await session('fallback_application_name=job')).toMatchObject({ name: 'job' });
});

test('text is sent as UTF-8, whatever the database prefers', async () => {
  await site.pool.query(`alter database "${site.name}" set client_encoding = 'LATIN1'`);
  expect(await session('')).toMatchObject({ encoding: 'UTF8' });
  await site.pool.query(`alter database "${site.name}" reset client_encoding`);
});

test('several servers are tried in order, and the one in use is the one that is named', async () => {
  const found = await session('connect_timeout=5', {}, `${closed},%2Fnowhere:1,${encodeURIComponent(socket)}:${port}`);
  expect(found.where).toBe(`postgresql://${username}@/${site.name}?host=${socket}&port=${port}`);
  expect((await session('load_balance_hosts=random', {}, `${encodeURIComponent(socket)}:${port},${closed}`)).name).toBe(
    'webmacs',
  );
});

test('where no server can be reached, each is named with its reason', async () => {
  const opening = session('', {}, `${closed},%2Fnowhere:1,no.such.host.invalid:1`);
  await expect(opening).rejects.toThrow(DatabaseError);
  await expect(opening).rejects.toThrow(/connection refused.*the socket does not exist.*host name/s);
});

test('a server that refuses the login ends the search', async () => {
  const wrong = `postgresql://nobody_here@${encodeURIComponent(socket)}:${port},${closed}/${site.name}`;
  const opening = Database.open(targetFromUrl(wrong, { HOME: '/nonexistent' }, 'the test'));
  await expect(opening).rejects.toThrow(/role "nobody_here" does not exist/);
});

test('a session is only used on a server that is what target_session_attrs asks for', async () => {
  const accepted = async (attributes: string) =>
    await session(`target_session_attrs=${attributes}`).then(
      () => true,
      (error) => {
        expect(error).toBeInstanceOf(DatabaseError);
        expect(error.message).toContain(`target_session_attrs=${attributes}`);
        return false;
      },
    );
  const fitting = async () => {
    const words = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'];
    const found = [];
    for (const word of words) {
      if (await accepted(word)) {
        found.push(word);
      }
    }
    return found;
  };
  expect(await fitting()).toEqual(['any', 'read-write', 'primary', 'prefer-standby']);
  await site.pool.query(`alter database "${site.name}" set default_transaction_read_only = on`);
  expect(await fitting()).toEqual(['any', 'read-only', 'primary', 'prefer-standby']);
  const client = new pg.Client({ connectionString: site.url, options: '-c default_transaction_read_only=off' });
  await client.connect();
  await client.query(`alter database "${site.name}" reset default_transaction_read_only`);
  await client.end();
});

test('a server that asks for less than require_auth or channel_binding want is refused', async () => {
  await expect(session('require_auth=scram-sha-256')).rejects.toThrow(
    'the server requested no authentication, which require_auth does not allow',
  );
  await expect(session('channel_binding=require')).rejects.toThrow('channel_binding=require');
  expect((await session('require_auth=none&channel_binding=disable')).name).toBe('webmacs');
});
