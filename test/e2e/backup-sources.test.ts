import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aSource, viewOf } from '../support/migration.ts';
import { temporaryDirectory, webmacs } from '../support/program.ts';
import { aSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const folder = temporaryDirectory();
chmodSync(folder.path, 0o711);
afterAll(() => folder[Symbol.dispose]());
const at = (name: string) => join(folder.path, name);

/** Restores a backup of a site, and compares what both have. */
async function expectRestored(source: Site, name: string): Promise<void> {
  await using target = await aSite('own');
  expect(await target.run(['db', 'restore', at(name)])).toMatchObject({ code: 0 });
  expect(await viewOf(target)).toEqual(await viewOf(source));
}

test('partitions are backed up as the one table that they are', async () => {
  await using source = await aSource();
  expect(await source.run('db storage partition')).toMatchObject({ code: 0 });
  expect(await source.run(['db', 'backup', '-o', at('partitions.tar.zst')])).toMatchObject({ code: 0 });
  await expectRestored(source, 'partitions.tar.zst');
  await using target = await aSite('own');
  await target.run('db storage partition');
  expect(await target.run(['db', 'restore', at('partitions.tar.zst')])).toMatchObject({ code: 0 });
  expect(await viewOf(target)).toEqual(await viewOf(source));
});

test('rows of tables that inherit are backed up too', async () => {
  await using source = await aSource();
  await source.pool.query(`create table older () inherits (datapoints);
    with moved as (delete from only datapoints where id > 5 returning *) insert into older select * from moved`);
  expect(await source.run(['db', 'backup', '-o', at('inherited.tar.zst')])).toMatchObject({ code: 0 });
  await expectRestored(source, 'inherited.tar.zst');
});

test('a hot standby can be backed up', async () => {
  const env = { WEBMACS_DATA_DIR: at('server') };
  expect(await webmacs(['db', 'migrate'], { env })).toMatchObject({ code: 0 });
  writeFileSync(at('server/17/data/standby.signal'), '');
  expect(await webmacs(['db', 'migrate'], { env })).toMatchObject({ code: 0 });
  const { stderr } = await webmacs(['users', 'create', 'ada', '--email', 'ada@lab.org', '--generate-password'], {
    env,
  });
  expect(stderr).toContain('read-only');
  const backup = ['db', 'backup', '-o', at('standby.tar.zst'), '--jobs', '2'];
  expect(await webmacs(backup, { env })).toMatchObject({ code: 0 });
  expect(await webmacs(['db', 'backup', 'verify', at('standby.tar.zst')])).toMatchObject({ code: 0 });
});

test('a backup holds only the locks of a query: others write, and migrations run', async () => {
  await using source = await aSource();
  // More than the pipe and the buffers hold.
  await source.pool.query(
    `insert into webhook_deliveries (public_id, webhook_id, event_type, payload, status)
       select 'wide' || n, 1, 'sensor.reading', (select string_agg(md5(n || ' ' || i), '') from generate_series(1, 30000) i), 'delivered'
         from generate_series(1, 40) n`,
  );
  const child = source.start(['db', 'backup', '-o', '-', '--jobs', '2']);
  const held = async () =>
    (
      await source.pool.query<{ mode: string }>(
        `select distinct mode from pg_locks l join pg_stat_activity using (pid)
          where locktype = 'relation' and backend_xmin is not null and datname = current_database() and pid <> pg_backend_pid()`,
      )
    ).rows.map(({ mode }) => mode);
  // Its reader does not read on.
  const waiting = `select from pg_stat_activity
    where datname = current_database() and query like 'copy%' and wait_event = 'ClientWrite'`;
  await until(async () => (await source.pool.query(waiting)).rowCount !== 0);
  expect(await held()).toEqual(['AccessShareLock']);
  expect(await source.run('events update Flow --max 12')).toMatchObject({ code: 0 });
  expect(await source.run('db migrate')).toMatchObject({ code: 0 });
  expect(child.exitCode).toBe(null);
  child.stdout?.resume();
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
});
