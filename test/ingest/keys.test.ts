import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { identifier } from '../../src/database/sql.ts';
import { ConflictError } from '../../src/errors.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { anEvent } from '../support/site.ts';
import { until } from '../support/until.ts';
import { aLaboratory, count, importText, type Laboratory } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));

const FILE = 'timestamp,event,value\n2026-01-01T00:00:00Z,temperature,1\n2026-01-01T00:00:01Z,pressure,2\n';
const GHOST = { events: [{ publicId: 'ghost', name: 'temperature' }], eventPublicId: 'ghost' };
const GHOSTLY = 'timestamp,value\n2026-01-01T00:00:00Z,1\n';

/** Another session that deletes an event, and has not committed yet. */
async function deleting(name: string): Promise<pg.Client> {
  const other = new pg.Client({ connectionString: laboratory.url });
  await other.connect();
  await other.query('begin');
  await other.query('delete from events where name = $1', [name]);
  return other;
}

async function waiting(): Promise<void> {
  const sql = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await until(async () => (await laboratory.pool.query(sql)).rowCount);
}

test('an event whose deletion is under way is waited for, and once deleted fails the import', async () => {
  const event = await anEvent(laboratory);
  const other = await deleting(event.name);
  const request = { events: [event], eventPublicId: event.publicId };
  const running = importText(laboratory, GHOSTLY, request);
  running.catch(() => {});
  await waiting();
  await other.query('commit');
  await other.end();
  await expect(running).rejects.toThrow(ConflictError);
  await expect(running).rejects.toThrow('no longer exists');
  expect(await count(laboratory)).toBe(0);
});

test('an event whose deletion is rolled back is imported', async () => {
  const event = await anEvent(laboratory);
  const other = await deleting(event.name);
  const running = importText(laboratory, GHOSTLY, { events: [event], eventPublicId: event.publicId });
  await waiting();
  await other.query('rollback');
  await other.end();
  expect(await running).toMatchObject({ rows: 1 });
  expect(await count(laboratory)).toBe(1);
});

test('deleting an event after an import deletes its datapoints', async () => {
  const event = await anEvent(laboratory);
  const source = new PassThrough();
  source.write(GHOSTLY);
  const request = { events: [event], eventPublicId: event.publicId };
  const running = importDatapoints(laboratory.pool, source, request);
  source.end();
  await running;
  const other = await deleting(event.name);
  await other.query('commit');
  await other.end();
  expect(await count(laboratory)).toBe(0);
});

test('a user-defined trigger fires', async () => {
  await laboratory.pool.query(`create table seen (value float8);
    create function note() returns trigger language plpgsql as $$ begin insert into seen values (new.value); return new; end $$;
    create trigger note after insert on datapoints for each row execute function note()`);
  await importText(laboratory, FILE);
  expect((await laboratory.pool.query('select value from seen order by 1')).rows).toEqual([{ value: 1 }, { value: 2 }]);
  await expect(importText(laboratory, GHOSTLY, GHOST)).rejects.toThrow(ConflictError);
  await laboratory.pool.query('drop function note cascade; drop table seen');
});

test('another foreign key is still checked', async () => {
  await laboratory.pool.query(`create table allowed (value float8 primary key); insert into allowed values (1);
    alter table datapoints add constraint further foreign key (value) references allowed`);
  await expect(importText(laboratory, FILE)).rejects.toThrow('allowed');
  await laboratory.pool.query('drop table allowed cascade');
  expect(await count(laboratory)).toBe(0);
});

test.each([
  ['may not disable the key checks', ''],
  ['may, but may not lock events', 'grant set on parameter session_replication_role to'],
])('a role that %s can still import, and gets the same errors', async (_what, grant) => {
  const role = `importer_${randomUUID()}`;
  await laboratory.pool.query(`create role ${identifier(role)} login;
    grant select, insert on all tables in schema public to ${identifier(role)};
    grant usage on all sequences in schema public to ${identifier(role)};
    ${grant === '' ? '' : `${grant} ${identifier(role)}`}`);
  const url = new URL(laboratory.url);
  url.username = role;
  const pool = new pg.Pool({ connectionString: url.href });
  const asRole = { ...laboratory, pool };
  try {
    expect(await importText(asRole, FILE)).toMatchObject({ rows: 2 });
    await expect(importText(asRole, GHOSTLY, GHOST)).rejects.toThrow('no longer exists');
  } finally {
    await pool.end();
    await laboratory.pool.query(`drop owned by ${identifier(role)}; drop role ${identifier(role)}`);
  }
  expect(await count(laboratory)).toBe(2);
});
