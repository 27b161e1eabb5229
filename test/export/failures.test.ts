import { Writable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { exportExperiment } from '../../src/export/export-experiment.ts';
import { type FreshDatabase, freshDatabase, openDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';
import { aRig, type Rig, referenceCsv } from './rig.ts';
import { Gate } from './sinks.ts';

/** With the long names, more than what waits in memory and in the sockets between us and the server. */
const ROWS = 30_000;
const LONG = {
  rows: ROWS,
  publicId: `gen_random_uuid() || repeat('x', 60)`,
  eventPublicIds: ['e'.repeat(100)],
  eventNames: ['n'.repeat(250)],
};

let database: FreshDatabase;
let opened: Database;
let rig: Rig;
beforeAll(async () => {
  database = await freshDatabase();
  opened = await openDatabase(database);
  rig = await aRig(database.pool, LONG);
});
afterAll(async () => {
  await opened.close();
  await database[Symbol.asyncDispose]();
});

/** The program's own reads from sockets of its own. */
const POOLS = [
  ['of the program', () => opened.pool],
  ['of another program', () => database.pool],
] as const;

/** Of the database's other connections, those that run a COPY; not the workers that the server gave them. */
async function busy(): Promise<{ pid: number; waits: string }[]> {
  const { rows } = await database.pool.query(
    `SELECT pid, wait_event AS waits FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'active' AND query LIKE 'copy%'`,
  );
  return rows;
}

/** Whether the export does not read; how many connections have begun before its memory is full is up to the machine. */
async function allWait(): Promise<boolean> {
  const sessions = await busy();
  return sessions.length > 0 && sessions.every(({ waits }) => waits === 'ClientWrite');
}

test.each(POOLS)(
  'in a pool %s, a destination that does not read applies backpressure, and loses nothing',
  async (_whose, pool) => {
    const expected = await referenceCsv(database.pool, rig.experimentPublicId);
    const gate = new Gate();
    const done = exportExperiment(pool(), { experimentPublicId: rig.experimentPublicId }, gate, {
      jobs: 2,
      rowsPerSlice: 10_000,
    });
    await gate.reached.promise;

    await until(allWait);
    gate.open();

    expect(await done).toMatchObject({ rows: ROWS, datapoints: ROWS, bytes: expected.length });
    expect(Buffer.concat(gate.pieces).equals(expected)).toBe(true);
  },
);

test('concurrent inserts and deletes are not visible', async () => {
  const { experimentPublicId, eventPublicIds } = await aRig(database.pool, {
    rows: 20_000,
    eventNames: ['x', `y${'y'.repeat(250)}`],
  });
  const expected = await referenceCsv(database.pool, experimentPublicId);
  const gate = new Gate();
  const done = exportExperiment(database.pool, { experimentPublicId }, gate, { jobs: 4, rowsPerSlice: 5000 });
  await gate.reached.promise;

  await database.pool.query(
    `DELETE FROM datapoints WHERE experiment_public_id = $1 AND timestamp > '2026-01-01 02:00+00'`,
    [experimentPublicId],
  );
  await database.pool.query(
    `INSERT INTO datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     SELECT gen_random_uuid(), 1, '2026-01-01 03:00+00', $1, $2 FROM generate_series(1, 1000)`,
    [eventPublicIds[0], experimentPublicId],
  );
  await database.pool.query(`UPDATE events SET name = name || ' renamed' WHERE public_id = $1`, [eventPublicIds[0]]);
  gate.open();

  await done;
  expect(Buffer.concat(gate.pieces).equals(expected)).toBe(true);
});

test.each(POOLS)(
  'in a pool %s, abort ends the queries on the server, and the pool remains usable',
  async (_whose, pool) => {
    const gate = new Gate();
    const abort = new AbortController();
    const { experimentPublicId } = rig;
    const done = exportExperiment(pool(), { experimentPublicId }, gate, {
      jobs: 3,
      rowsPerSlice: 10_000,
      signal: abort.signal,
    });
    await gate.reached.promise;
    const reason = new Error('enough');

    abort.abort(reason);

    await expect(done).rejects.toBe(reason);
    await until(async () => (await busy()).length === 0);
    expect((await pool().query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  },
);

test('a signal that is already aborted starts nothing', async () => {
  const options = { signal: AbortSignal.abort(new Error('before')) };
  const sink = new Gate();
  await expect(exportExperiment(database.pool, rig, sink, options)).rejects.toThrow('before');
  expect(sink.pieces).toEqual([]);
});

test.each(POOLS)(
  'in a pool %s, a connection closed by the server fails the export once, and stops the others',
  async (_whose, pool) => {
    const gate = new Gate();
    const { experimentPublicId } = rig;
    const done = exportExperiment(pool(), { experimentPublicId }, gate, { jobs: 3, rowsPerSlice: 10_000 });
    // It may fail before anybody awaits it below.
    done.catch(() => {});
    await gate.reached.promise;
    await until(allWait);

    await database.pool.query('select pg_terminate_backend($1)', [(await busy()).at(-1)?.pid]);
    gate.open();

    await expect(done).rejects.toThrow(/terminat/i);
    await until(async () => (await busy()).length === 0);
    expect((await pool().query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  },
);

test('an error of the destination is the error of the export', async () => {
  let pieces = 0;
  const full = new Writable({
    write(_bytes, _encoding, done) {
      done(++pieces > 3 ? new Error('disk full') : null);
    },
  });
  full.on('error', () => {});
  await expect(exportExperiment(database.pool, { experimentPublicId: rig.experimentPublicId }, full)).rejects.toThrow(
    'disk full',
  );
  await until(async () => (await busy()).length === 0);
});

test('a destination that is closed early stops the export', async () => {
  const gate = new Gate();
  const done = exportExperiment(database.pool, { experimentPublicId: rig.experimentPublicId }, gate);
  await gate.reached.promise;
  gate.destroy();
  await expect(done).rejects.toThrow('Premature close');
  await until(async () => (await busy()).length === 0);
});

test('with one connection in the pool, more jobs are not waited for', async () => {
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  const gate = new Gate();
  gate.open();
  const done = exportExperiment(pool, { experimentPublicId: rig.experimentPublicId }, gate, { jobs: 4 });
  expect((await done).rows).toBe(ROWS);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});
