import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { acquireServer } from '../../../src/database/embedded-server/server.ts';
import { serverPassword, startServer, stopServer } from '../../../src/database/embedded-server/start-stop.ts';
import { until } from '../../support/until.ts';
import { connect, endHolder, madePlace, Place, query, startHolder, withServer } from './place.ts';

const PATIENCE = 10_000;

async function freePort(): Promise<number> {
  const { port, close } = await occupiedPort();
  await close();
  return port;
}

async function occupiedPort(wanted = 0): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(wanted, '127.0.0.1', done));
  const address = server.address();
  const close = async () => await new Promise<void>((done) => server.close(() => done()));
  return { port: typeof address === 'object' && address ? address.port : 0, close };
}

function overTcp(place: Place, port: number, password?: string) {
  const given = password === undefined ? serverPassword(place.directory) : password;
  return { host: '127.0.0.1', port, user: 'webmacs', database: 'webmacs', password: given ?? '' };
}

test('a kept server outlives its commands until it is stopped', async () => {
  using place = await madePlace();
  const { pid } = await startServer(place.directory, undefined);
  await withServer(place, async () => {});
  expect(place.status).toMatchObject({ running: true, kept: true, pid });
  expect(await stopServer(place.directory, false, PATIENCE)).toBe(pid);
  expect(place.status).toMatchObject({ running: false, kept: false });
});

test('keeping a server that runs leaves it running as it is', async () => {
  using place = await madePlace();
  await withServer(place, async () => {
    const { pid } = place.status;
    expect((await startServer(place.directory, undefined)).pid).toBe(pid);
  });
  expect(place.status.running).toBe(true);
});

test('stopping a server that is not running reports that', async () => {
  using place = new Place();
  expect(await stopServer(place.directory, false, PATIENCE)).toBeNull();
  expect(await stopServer(place.directory, true, PATIENCE)).toBeNull();
});

test('there is no TCP port unless one is asked for', async () => {
  using place = await madePlace();
  expect(await startServer(place.directory, undefined)).toMatchObject({ port: null });
  await withServer(place, async (at) => expect(await query(at, 'show listen_addresses')).toEqual(['']));
});

test('a port is on the loopback interface only, and wants the password', async () => {
  using place = await madePlace();
  const port = await freePort();
  expect(await startServer(place.directory, port)).toMatchObject({ port, kept: true });
  await withServer(place, async (at) => expect(await query(at, 'show listen_addresses')).toEqual(['127.0.0.1']));
  expect(await query(overTcp(place, port), 'select 1')).toEqual([1]);
  await expect(query(overTcp(place, port, 'wrong'), 'select 1')).rejects.toThrow(/password authentication failed/);
  await expect(query(overTcp(place, port, ''), 'select 1')).rejects.toThrow(/password/);
});

test('the password stays the same across restarts, and is returned only while there is a port', async () => {
  using place = await madePlace();
  const port = await freePort();
  await startServer(place.directory, port);
  const password = serverPassword(place.directory);
  await stopServer(place.directory, false, PATIENCE);
  expect(serverPassword(place.directory)).toBeUndefined();
  await startServer(place.directory, port);
  expect(serverPassword(place.directory)).toBe(password);
});

test('a kept server with a port can be had back without one', async () => {
  using place = await madePlace();
  const port = await freePort();
  await startServer(place.directory, port);
  expect(await startServer(place.directory, undefined)).toMatchObject({ port: null, kept: true });
  await expect(query(overTcp(place, port, 'any'), 'select 1')).rejects.toThrow('ECONNREFUSED');
});

test('a port that is taken is refused, and the server goes on without', async () => {
  using place = await madePlace();
  const { port, close } = await occupiedPort();
  try {
    await expect(startServer(place.directory, port)).rejects.toThrow(`Port ${port} cannot be used`);
    expect(place.status).toMatchObject({ running: false, kept: false });
    await withServer(place, async (at) => expect(await query(at, 'select 1')).toEqual([1]));
  } finally {
    await close();
  }
});

test('a port that was taken since is named by the command that starts the server', async () => {
  using place = await madePlace();
  const port = await freePort();
  const { pid } = await startServer(place.directory, port);
  process.kill(pid ?? 0, 'SIGKILL');
  const { close } = await vi.waitFor(async () => await occupiedPort(port));
  try {
    await expect(acquireServer(place.directory)).rejects.toThrow(
      `cannot listen on port ${port}: another program uses it`,
    );
  } finally {
    await close();
  }
});

test('a port is not changed under a client that is connected', async () => {
  using place = await madePlace();
  await withServer(place, async (at) => {
    await using client = await connect(at);
    await expect(startServer(place.directory, await freePort())).rejects.toThrow('The embedded server is in use');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

test('a stop waits for a foreign client to leave', async () => {
  using place = await madePlace();
  const { pid } = await startServer(place.directory, undefined);
  await withServer(place, async (at) => {
    const client = await connect(at);
    setTimeout(() => void client.end(), 400);
  });
  expect(await stopServer(place.directory, false, PATIENCE)).toBe(pid);
  expect(place.status.running).toBe(false);
});

test('a stop that waits in vain leaves a server that still serves', async () => {
  using place = await madePlace();
  await startServer(place.directory, undefined);
  const { socket_directory: host, pid } = place.status;
  await using client = await connect({ host, user: 'webmacs', database: 'webmacs' });
  await expect(stopServer(place.directory, false, 200)).rejects.toThrow('The embedded server is still in use');
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await withServer(place, async (at) => expect(await query(at, 'select 2')).toEqual([2]));
  expect(place.status.pid).toBe(pid);
});

test('force cuts a foreign client off', async () => {
  using place = await madePlace();
  const { pid, socket_directory: host } = await startServer(place.directory, undefined);
  await using client = await connect({ host, user: 'webmacs', database: 'webmacs' });
  expect(await stopServer(place.directory, true, PATIENCE)).toBe(pid);
  await expect(client.query('select 1')).rejects.toThrow();
  expect(place.status.running).toBe(false);
});

test('a stop waits for a command of another process', async () => {
  using place = await madePlace();
  await startServer(place.directory, undefined);
  const { child } = await startHolder(place);
  const stopped = stopServer(place.directory, false, PATIENCE);
  setTimeout(() => child.stdin?.end(), 300);
  expect(await stopped).not.toBeNull();
  await until(() => child.exitCode !== null);
  expect(child.exitCode).toBe(0);
  expect(place.status.running).toBe(false);
});

test('starts and stops at the same moment as commands all end well', async () => {
  using place = await madePlace();
  const port = await freePort();
  const use = async () => await withServer(place, async (at) => await query(at, 'select 1'));
  const settled = await Promise.allSettled([
    ...Array.from({ length: 8 }, use),
    startServer(place.directory, undefined),
    startServer(place.directory, port),
    ...Array.from({ length: 4 }, use),
    stopServer(place.directory, false, PATIENCE),
  ]);
  const failures = settled.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  expect(failures.filter((failure) => !failure.includes('is in use'))).toEqual([]);
  await stopServer(place.directory, false, PATIENCE);
  expect(place.status).toMatchObject({ running: false, kept: false });
});

test('a kept server that was killed comes back with the next command, and stays', async () => {
  using place = await madePlace();
  const { pid } = await startServer(place.directory, undefined);
  process.kill(pid ?? 0, 'SIGKILL');
  await withServer(place, async () => {});
  expect(place.status).toMatchObject({ running: true, kept: true });
  expect(place.status.pid).not.toBe(pid);
});

test('a command that ends does not stop a server that was started to stay up in the meantime', async () => {
  using place = await madePlace();
  const { child } = await startHolder(place);
  await Promise.all([startServer(place.directory, undefined), endHolder(child)]);
  expect(place.status).toMatchObject({ running: true, kept: true });
});
