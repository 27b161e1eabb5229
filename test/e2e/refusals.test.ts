import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { databaseFailure, failureCode } from '../../src/database/failure.ts';
import { User } from '../../src/entities/index.ts';
import { openDatabase } from '../support/database.ts';
import { canMount } from '../support/mount.ts';
import { type Run, temporaryDirectory, webmacs } from '../support/program.ts';
import { anEvent, aSite, aUser, type Site } from '../support/site.ts';

/** What PostgreSQL and the system refuse with, each with the sentence that goes with its code. */
const site = await aSite();
afterAll(() => site[Symbol.asyncDispose]());
await aUser(site, { username: 'root', admin: true });

const ADD = ['logs', 'add', 'Filter changed', '--as', 'root', '--type', 'info', '--json'];

/** Expects that a run was refused with exit code 5, and gives the error that it reported. */
function refusal({ code, stdout, stderr }: Run): { message: string; hint: string } {
  expect([code, stdout]).toEqual([5, '']);
  return JSON.parse(stderr).error;
}

/** The URL of a role that is made for a test, and dropped after it. */
async function aRole(options: string): Promise<AsyncDisposable & { role: string; url: string }> {
  const role = `role_${randomUUID()}`;
  await site.pool.query(`create role "${role}" login ${options}`);
  const url = new URL(site.url);
  url.username = role;
  const drop = async () => void (await site.pool.query(`drop owned by "${role}"; drop role "${role}"`));
  return { role, url: url.href, [Symbol.asyncDispose]: drop };
}

test('ENOTFOUND: a host name that nobody can have', async () => {
  const run = await webmacs(['users', 'list', '--json'], { env: { DATABASE_URL: 'postgresql://u@a..b/db' } });
  expect(refusal(run)).toMatchObject({
    message: expect.stringContaining('the host name is unknown'),
    hint: expect.stringContaining('config show --origin'),
  });
});

test('42501: a role that may read only', async () => {
  await using reader = await aRole('');
  await site.pool.query(`grant select on all tables in schema public to "${reader.role}"`);
  const env = { DATABASE_URL: reader.url };
  expect((await site.run('users list', { env })).code).toBe(0);
  expect(refusal(await site.run(ADD, { env }))).toMatchObject({
    message: expect.stringMatching(/^Not permitted on .+: permission denied for table log_entries/),
    hint: expect.stringContaining('have the privilege granted'),
  });
});

test('53300: a role that has all the connections that it may have', async () => {
  await using full = await aRole('connection limit 0');
  expect(refusal(await site.run('users list --json', { env: { DATABASE_URL: full.url } }))).toMatchObject({
    message: expect.stringContaining('has no connection left: too many connections for role'),
    hint: expect.stringContaining('Try again'),
  });
});

test('25006: a server that takes no writes, as a standby', async () => {
  const env = { PGOPTIONS: '-c default_transaction_read_only=on' };
  expect((await site.run('users list', { env })).code).toBe(0);
  expect(refusal(await site.run(ADD, { env }))).toMatchObject({
    message: expect.stringContaining('is read-only'),
    hint: expect.stringContaining('Connect to the primary'),
  });
});

test('57014: a statement that the server cancels', async () => {
  const lock = await site.pool.connect();
  await lock.query('begin; lock table users in access exclusive mode');
  const run = await site.run('users list --json', { env: { PGOPTIONS: '-c statement_timeout=100' } });
  await lock.query('rollback');
  lock.release();
  expect(refusal(run).message).toContain('cancelled the statement: canceling statement due to statement timeout');
});

test('42703: a column that is gone since the database was opened', async () => {
  await using own = await aSite();
  await using database = await openDatabase(own);
  await own.pool.query('alter table users rename column email to mail');
  const error = await database.em.find(User, { email: 'root@lab.org' }).catch((cause: unknown) => cause);
  expect(failureCode(error)).toBe('42703');
  expect(databaseFailure(error, database.where)).toMatchObject({
    message: expect.stringContaining('does not have the expected layout: column u0.email does not exist'),
    hint: expect.stringContaining('webmacs db check'),
  });
});

test.skipIf(!canMount())('53100: a disk that is full', async () => {
  using folder = temporaryDirectory();
  await using own = await aSite();
  await aUser(own, { username: 'root', admin: true });
  const event = await anEvent(own);
  await using _disk = await aSmallDisk(own, folder.path);
  await own.pool.query('alter table datapoints set tablespace small');
  const lines = Array.from({ length: 40_000 }, (_, at) => `2026-01-01T00:00:00Z,${at}\n`);
  const words = ['datapoints', 'import', '-', '--event', event.name, '--json'];
  expect(refusal(await own.run(words, { input: `timestamp,value\n${lines.join('')}` }))).toMatchObject({
    message: expect.stringMatching(/^The disk of .* is full\.$/),
    hint: expect.stringContaining('nothing was written'),
  });
  expect((await own.pool.query('select from datapoints')).rowCount).toBe(0);
});

/** A tablespace "small", on a file system of one megabyte. */
async function aSmallDisk({ pool }: Site, folder: string): Promise<AsyncDisposable> {
  chmodSync(folder, 0o711);
  const { rows } = await pool.query<{ data: string }>(`select current_setting('data_directory') as data`);
  const { uid, gid } = statSync(rows[0]?.data ?? '');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
  await pool.query(`create tablespace small location '${folder}'`);
  return {
    async [Symbol.asyncDispose]() {
      try {
        await pool.query('drop table datapoints');
        await pool.query('drop tablespace small');
      } finally {
        execFileSync('umount', [folder]);
      }
    },
  };
}

test('a hint names only options that the command has', async () => {
  const lock = await site.pool.connect();
  await lock.query('begin; lock table log_entries in access exclusive mode');
  const run = await site.run(ADD, { env: { PGOPTIONS: '-c lock_timeout=100' } });
  await lock.query('rollback');
  lock.release();
  expect([run.code, JSON.parse(run.stderr).error.hint]).toEqual([7, 'Try again.']);
});
