import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireServer } from '../../../src/database/embedded-server/server.ts';
import { connect, madePlace, Place, query, withServer } from './place.ts';

test('what was committed before a kill -9 of the server is there afterwards', async () => {
  using place = await madePlace();
  const lease = await acquireServer(place.directory);
  await query(lease.connection, 'create table kept as select 42 as answer');
  process.kill(place.status.pid ?? 0, 'SIGKILL');
  await withServer(place, async (at) => expect(await query(at, 'select answer from kept')).toEqual([42]));
  await lease.release();
  expect(place.status.running).toBe(false);
});

test('a killed server can be started again while a query of it still computes', async () => {
  using place = await madePlace();
  const lease = await acquireServer(place.directory);
  await using busy = await connect(lease.connection);
  const query1 = busy.query('select count(*) from generate_series(1, 1e11::bigint) where random() < 0').catch(() => {});
  await expect
    .poll(
      async () =>
        await query(
          lease.connection,
          "select count(*)::int from pg_stat_activity where query ~ '^select count' and state = 'active' and pid <> pg_backend_pid()",
        ),
      { timeout: 10_000 },
    )
    .toEqual([1]);
  process.kill(place.status.pid ?? 0, 'SIGKILL');
  await withServer(place, async (at) => expect(await query(at, 'select 1')).toEqual([1]));
  await query1;
  await lease.release();
});

test('a postmaster.pid with the PID of an unrelated process does not block the start', async () => {
  using place = await madePlace();
  await withServer(place, async () => {});
  const { uid, gid } = statSync(place.paths.home);
  const stranger = spawn('sleep', ['60'], { uid, gid });
  try {
    const file = join(place.paths.data, 'postmaster.pid');
    writeFileSync(file, `${stranger.pid}\n${place.paths.data}\n1\n5432\n${place.paths.socket}\n\n0 0\nready\n`);
    chownSync(file, uid, gid);
    await withServer(place, async (at) => expect(await query(at, 'select 1')).toEqual([1]));
    expect(stranger.exitCode).toBeNull();
    expect(place.recordedPid).toBeUndefined();
  } finally {
    stranger.kill();
  }
});

test("commands with another environment find a running server's socket", async () => {
  using place = await madePlace('a'.repeat(100));
  const lease = await acquireServer(place.directory);
  const before = process.env.TMPDIR;
  const elsewhere = mkdtempSync('/tmp/webmacs-test-');
  try {
    process.env.TMPDIR = elsewhere;
    await withServer(place, async ({ host }) => expect(host).toBe(lease.connection.host));
  } finally {
    process.env.TMPDIR = before ?? '';
    rmSync(elsewhere, { recursive: true });
    await lease.release();
  }
});

test('what an interrupted creation has left is cleaned up', async () => {
  using place = new Place();
  await withServer(place, async () => {});
  const leftover = `${place.paths.data}.${2 ** 22 + 1}`;
  mkdirSync(leftover);
  writeFileSync(join(leftover, 'PG_VERSION'), '17\n');
  // As initdb, which runs under the server's account.
  const { uid, gid } = statSync(place.paths.home);
  chownSync(leftover, uid, gid);
  rmSync(place.paths.data, { recursive: true });
  await withServer(place, async () => {});
  expect(() => statSync(leftover)).toThrow('ENOENT');
  expect(readFileSync(join(place.paths.data, 'PG_VERSION'), 'utf8')).toBe('17\n');
});

test('an empty postmaster.pid, which a full disk can leave, does not block the start', async () => {
  using place = await madePlace();
  const { uid, gid } = statSync(place.paths.home);
  writeFileSync(join(place.paths.data, 'postmaster.pid'), '');
  chownSync(join(place.paths.data, 'postmaster.pid'), uid, gid);
  await withServer(place, async (at) => expect(await query(at, 'select 1')).toEqual([1]));
  expect(place.recordedPid).toBeUndefined();
});
