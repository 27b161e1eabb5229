import { once } from 'node:events';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { aSite, aUser, logEntries } from '../support/site.ts';
import { until } from '../support/until.ts';

const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
const { publicId: owner } = await aUser(site, { username: 'root', admin: true });

const steps = async (line: string) => JSON.parse((await site.run(line)).stdout);
const indexes = async (where: string) => {
  const { rows } = await site.pool.query(
    `select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where ${where}`,
  );
  return rows.map(({ relname }) => relname);
};

/** What a session did is counted at the latest when it ends. */
async function changes(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: site.url });
  await client.connect();
  await client.query(sql);
  await client.query('select pg_stat_force_next_flush()');
  await client.end();
}

test('what has changed is vacuumed and analysed once, and what has not is left alone', async () => {
  await logEntries(site, 100, { owner });
  await site.pool.query('select pg_stat_force_next_flush()');
  await site.run('db maintain -q');
  await changes(`delete from log_entries where id % 2 = 0`);
  const planned = await steps('db maintain --dry-run --json');
  expect(planned).toContainEqual(expect.objectContaining({ table: 'log_entries', action: 'vacuum and analyze' }));
  const { code, stderr } = await site.run('db maintain');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/✓ vacuum and analyze log_entries \(50 dead rows, /)]);
  const { rows } = await site.pool.query(
    `select n_dead_tup::int as dead from pg_stat_user_tables where relname = 'log_entries'`,
  );
  expect(rows).toEqual([{ dead: 0 }]);
  expect(await steps('db maintain --dry-run --json --table log_entries')).toEqual([]);
});

test('--table takes only that table, and refuses one that is not ours with 3', async () => {
  await changes('update users set username = username');
  await changes('update log_entries set content = content');
  expect(await steps('db maintain --table users --json')).toEqual([
    expect.objectContaining({ table: 'users', skipped: null, seconds: expect.any(Number) }),
  ]);
  expect((await site.run('db maintain --table pg_class')).code).toBe(3);
});

test('--reindex rebuilds the indexes, repairs invalid ones and drops what was left behind', async () => {
  await site.pool.query('create index log_entries_pkey_ccnew on log_entries (id)');
  await site.pool.query(
    `update pg_index set indisvalid = false
      where indexrelid in ('log_entries_pkey_ccnew'::regclass, 'ix_log_entries_created_on'::regclass)`,
  );
  const before = await site.pool.query(`select pg_relation_filenode('log_entries_pkey') as file`);
  const done = await steps('db maintain --reindex --table log_entries --json');
  expect(done).toContainEqual(
    expect.objectContaining({ index: 'log_entries_pkey_ccnew', action: 'drop index', skipped: null }),
  );
  expect(done).toContainEqual(
    expect.objectContaining({ index: 'ix_log_entries_created_on', reason: 'invalid', skipped: null }),
  );
  expect(await indexes('not i.indisvalid')).toEqual([]);
  expect(await indexes(`c.relname like '%\\_ccnew'`)).toEqual([]);
  const after = await site.pool.query(`select pg_relation_filenode('log_entries_pkey') as file`);
  expect(after.rows).not.toEqual(before.rows);
});

test('what a role may not do is skipped with a sentence, and the rest is done', async () => {
  await changes('update log_entries set content = content');
  await changes('update users set username = username');
  const role = `limited_${process.pid}`;
  await site.pool.query(`create role ${role} login`);
  await site.pool.query(`grant maintain on users to ${role}`);
  const url = new URL(site.url);
  url.username = role;
  const { code, stderr } = await site.run('db maintain --table users --table log_entries', {
    env: { DATABASE_URL: url.href },
  });
  await site.pool.query(`drop owned by ${role}; drop role ${role}`);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/- Skipped .*log_entries.*: permission denied/)]);
  expect(stderr).toMatch(/✓ .*users/);
});

test('what another session deadlocks with is skipped with a sentence, and the rest is done', async () => {
  await changes('update log_entries set content = content');
  await changes('update users set username = username');
  const other = await site.pool.connect();
  // The index only; so it is waited for by who has locked the table.
  await other.query(`begin; set local deadlock_timeout = '1h'; alter index log_entries_pkey set tablespace pg_default`);
  const maintaining = site.run('db maintain --table log_entries --table users');
  const waiting = `select from pg_locks where relation = 'log_entries_pkey'::regclass and not granted`;
  await until(async () => (await site.pool.query(waiting)).rowCount);
  await other.query('lock table log_entries in access exclusive mode; commit');
  other.release();
  const { code, stderr } = await maintaining;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/- Skipped .*log_entries.*: deadlock detected/)]);
  expect(stderr).toMatch(/✓ .*users/);
});

test('ends with 7 where a transaction stands in the way of an index, and leaves nothing invalid behind', async () => {
  const holder = await site.pool.connect();
  await holder.query('begin');
  await holder.query('select 1 from users limit 1');
  const { code } = await site.run('db maintain --reindex --table users --lock-timeout 1');
  await holder.query('commit');
  holder.release();
  expect(code).toBe(7);
  await site.run('db maintain --reindex --table users');
  expect(await indexes(`c.relname like 'users%' and (not i.indisvalid or c.relname like '%\\_ccnew')`)).toEqual([]);
});

test('Ctrl-C ends it with 130, without blocking inserts', async () => {
  const holder = await site.pool.connect();
  await holder.query('begin');
  await holder.query('select 1 from log_entries limit 1');
  const child = site.start('db maintain --reindex --table log_entries');
  const building = 'select from pg_stat_progress_create_index where datname = current_database()';
  await until(async () => (await site.pool.query(building)).rowCount);
  await logEntries(site, 1, { owner });
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  await holder.query('commit');
  holder.release();
  expect(code).toBe(130);
});

test('every table that the layout has can be named', async () => {
  await using other = await aSite('server-roles');
  expect((await other.run('db maintain --dry-run --table api_tokens --table users')).code).toBe(0);
  expect((await site.run('db maintain --dry-run --table remarks')).code).toBe(3);
});
