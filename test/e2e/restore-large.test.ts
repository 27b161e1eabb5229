import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { factsOf } from '../database/layouts/catalogue.ts';
import { entriesOf } from '../support/backups.ts';
import { aSource, migrateFrom } from '../support/migration.ts';
import { temporaryDirectory } from '../support/program.ts';
import { aSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

/** Large tables are filled without indexes, over several connections. */
const ROWS = 30_000;
const folder = temporaryDirectory();
const file = join(folder.path, 'large.tar.zst');
const source = await aSource();
await source.pool.query(
  `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     select 'large' || i, i / 3.0, timestamptz '2026-02-01' + i * interval '1 s', 'e1', 'x1' from generate_series(1, ${ROWS}) i`,
);
await source.pool.query(
  `insert into datapoints (id, public_id, value, event_public_id)
     select i * 1000000000::bigint, 'sparse' || i, i, 'e1' from generate_series(1, 2) i`,
);
expect((await source.run(['db', 'backup', '-o', file])).code).toBe(0);
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const restore = async (target: Site) => await target.run(['db', 'restore', file]);
const contentOf = async ({ pool }: Site) =>
  (await pool.query(`select md5(string_agg(d::text, '|' order by id)) as content from datapoints d`)).rows[0];
/** Without the table that notes what is complete. */
const schemaOf = async ({ pool }: Site) => (await factsOf(pool)).filter((fact) => !fact.includes('|webmacs_transfer|'));
const trigger = async ({ pool }: Site, body: string) =>
  await pool.query(`create function changing() returns trigger language plpgsql as $$ begin ${body} return new; end $$;
    create trigger changing before insert on datapoints for each row execute function changing()`);

test('ids that are missing are skipped', async () => {
  const names = [...(await entriesOf(file)).keys()].filter((name) => name.startsWith('datapoints/'));
  // The two rows with large ids have one part each.
  expect(names).toHaveLength(Math.ceil(ROWS / 25_000) + 2);
});

test('a large table has the same rows and indexes, and is not copied again', async () => {
  await using target = await aSite('own');
  const schema = await schemaOf(target);
  expect((await restore(target)).code).toBe(0);
  expect(await contentOf(target)).toEqual(await contentOf(source));
  expect(await schemaOf(target)).toEqual(schema);
  expect((await restore(target)).stderr).toContain('Already complete');
});

test('rows that are not stored as they were sent are taken back, with exit code 6', async () => {
  await using target = await aSite('own');
  const schema = await schemaOf(target);
  await trigger(target, `if new.id = 20000 then new.value := 0; end if;`);
  expect(await restore(target)).toMatchObject({ code: 6, stderr: expect.stringContaining('The copy of "datapoints"') });
  expect((await target.pool.query('select from datapoints')).rowCount).toBe(0);
  expect(await schemaOf(target)).toEqual(schema);
  await target.pool.query('drop trigger changing on datapoints');
  expect((await restore(target)).code).toBe(0);
  expect(await contentOf(target)).toEqual(await contentOf(source));
});

test('a row that a key refuses takes the table back', async () => {
  await using lax = await aSite('own');
  await lax.pool.query(`alter table datapoints drop constraint datapoints_public_id_key;
    alter table datapoints drop constraint datapoints_event_public_id_fkey;
    insert into datapoints (public_id, value, event_public_id) select 'same' || i / 2, i, 'none' from generate_series(1, 10000) i`);
  await using target = await aSite('own');
  const schema = await schemaOf(target);
  expect(await migrateFrom(lax, target)).toMatchObject({ code: 4, stderr: expect.stringContaining('public_id') });
  expect((await target.pool.query('select from datapoints')).rowCount).toBe(0);
  expect(await schemaOf(target)).toEqual(schema);
});

test('killed while a large table is filled, it is emptied by the next run, and filled again', async () => {
  await using target = await aSite('own');
  const schema = await schemaOf(target);
  const waiting = `select from pg_locks where locktype = 'advisory' and objid = 7 and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  // The connection that has the first rows waits for another to have those of the next part.
  await trigger(
    target,
    `if new.id between 25001 and 30000 then
       perform pg_advisory_xact_lock_shared(7);
     elsif new.id = 1 then
       while not exists (${waiting}) and not pg_try_advisory_xact_lock(7) loop perform pg_sleep(0.02); end loop;
     end if;`,
  );
  const obstacle = await target.pool.connect();
  await obstacle.query('select pg_advisory_lock(7)');
  const child = target.start(['db', 'restore', file]);
  await until(async () => (await target.pool.query(waiting)).rowCount);
  // What other connections have committed stays there, without indexes.
  await until(async () => (await target.pool.query('select from datapoints limit 1')).rowCount);
  child.kill('SIGKILL');
  await once(child, 'close');
  await obstacle.query('select pg_advisory_unlock(7)');
  obstacle.release();
  expect(await target.run('users list')).toMatchObject({ code: 5, stderr: expect.stringContaining('is incomplete') });
  expect((await restore(target)).code).toBe(0);
  expect(await contentOf(target)).toEqual(await contentOf(source));
  await target.pool.query('drop function changing cascade');
  expect(await schemaOf(target)).toEqual(schema);
});
