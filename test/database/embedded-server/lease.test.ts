import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasExited } from '../../../src/database/embedded-server/processes.ts';
import { acquireServer } from '../../../src/database/embedded-server/server.ts';
import { until } from '../../support/until.ts';
import { connect, endHolder, madePlace, Place, query, startHolder, withServer } from './place.ts';

test('the first use creates and starts a server, and the last one stops it', async () => {
  using place = new Place();
  const lease = await acquireServer(place.directory);
  const { pid } = place.status;
  expect(await query(lease.connection, 'select current_database()')).toEqual(['webmacs']);
  await lease.release();
  expect(pid).not.toBeNull();
  expect(hasExited(pid ?? 0)).toBe(true);
  expect(place.recordedPid).toBeUndefined();
});

test('a second lease shares the server, and the first one leaves it running', async () => {
  using place = await madePlace();
  const first = await acquireServer(place.directory);
  const { pid } = place.status;
  const second = await acquireServer(place.directory);
  await first.release();
  expect(place.status.pid).toBe(pid);
  await second.release();
  expect(place.status.running).toBe(false);
});

test('a lease can be given up twice', async () => {
  using place = await madePlace();
  const lease = await acquireServer(place.directory);
  await Promise.all([lease.release(), lease.release()]);
  await lease.release();
  expect(place.status.running).toBe(false);
});

test('ten processes that start on an empty directory at once share a server and leave none', async () => {
  using place = new Place();
  const holders = await Promise.all(Array.from({ length: 10 }, () => startHolder(place)));
  const { pid } = place.status;
  const found = await Promise.all(holders.map(({ said }) => query(JSON.parse(said), 'select 1')));
  expect(found.flat()).toEqual(Array(10).fill(1));
  expect(place.recordedPid).toBe(pid);
  expect(await Promise.all(holders.map(({ child }) => endHolder(child)))).toEqual(Array(10).fill(0));
  expect(place.status.running).toBe(false);
  expect(readdirSync(place.paths.home).sort()).toEqual(['data', 'socket']);
});

test('commands that come and go all the time never miss the server', async () => {
  using place = await madePlace();
  const command = async () => await withServer(place, async (at) => await query(at, 'select 1'));
  const workers = Array.from({ length: 6 }, async () => {
    const results = [];
    for (let turn = 0; turn < 12; turn++) {
      results.push(...(await command()));
    }
    return results;
  });
  expect((await Promise.all(workers)).flat()).toEqual(Array(72).fill(1));
  expect(place.status.running).toBe(false);
});

test('what a killed command leaves running is stopped by the next one', async () => {
  using place = await madePlace();
  const { child, said } = await startHolder(place);
  await endHolder(child, 'SIGKILL');
  expect(place.status.running).toBe(true);
  // The server needs a moment to notice that its client is gone.
  const leases = "select count(*)::int from pg_stat_activity where application_name = 'webmacs lease'";
  await until(async () => (await query(JSON.parse(said), leases))[0] === 0);
  await withServer(place, async () => {});
  expect(place.status.running).toBe(false);
});

test('an interrupted command gives its lease up, and Ctrl-C does not reach the server itself', async () => {
  using place = await madePlace();
  const { child } = await startHolder(place);
  expect(await endHolder(child, 'SIGINT')).toBe(0);
  expect(place.status.running).toBe(false);
  expect(place.recordedPid).toBeUndefined();
});

test('a foreign client neither holds up the release of a command nor is cut off by it', async () => {
  using place = await madePlace();
  const lease = await acquireServer(place.directory);
  await using client = await connect(lease.connection);
  const log = () => readFileSync(place.paths.log, 'utf8');
  const before = log();
  await lease.release();
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await withServer(place, async (at) => expect(await query(at, 'select 2')).toEqual([2]));
  // A stop that waits for clients would have been asked for.
  expect(log().slice(before.length)).not.toContain('shutdown request');
  await client.end();
  await withServer(place, async () => {});
  expect(place.status.running).toBe(false);
});

test('a server whose processes for clients have crashed is stopped all the same', async () => {
  using place = await madePlace();
  const lease = await acquireServer(place.directory);
  const [backend] = await query(lease.connection, "select pid from pg_stat_activity where backend_type = 'walwriter'");
  process.kill(Number(backend), 'SIGKILL');
  await expect
    .poll(async () => await query(lease.connection, 'select 1').catch(() => []), { timeout: 10_000 })
    .toEqual([1]);
  await lease.release();
  expect(place.status.running).toBe(false);
});

test('reading the status of the server neither creates nor starts one', () => {
  using place = new Place();
  expect(place.status).toMatchObject({ running: false, kept: false, pid: null, port: null });
  expect(existsSync(place.directory)).toBe(false);
});
