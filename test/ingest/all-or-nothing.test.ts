import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ConflictError, InterruptedError, InvalidInputError } from '../../src/errors.ts';
import { importDatapoints } from '../../src/ingest/import-datapoints.ts';
import { bundled } from '../support/bundled.ts';
import { until } from '../support/until.ts';
import { aLaboratory, count, importText, type Laboratory, stored } from './recording.ts';

let laboratory: Laboratory;
beforeAll(async () => {
  laboratory = await aLaboratory();
});
afterAll(() => laboratory[Symbol.asyncDispose]());
beforeEach(() => laboratory.pool.query('truncate datapoints'));
// Whatever went wrong, every connection is back in the pool.
afterEach(() => expect(laboratory.pool.idleCount).toBe(laboratory.pool.totalCount));

/** A recording of one event with noise and repeated timestamps, as real ones have; timestamps without an offset. */
function* recording(rows: number): Generator<[string, string]> {
  let seed = 1;
  for (let row = 0; row < rows; row++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const moment = new Date(Date.UTC(2013, 11, 2, 21, 15) + (row - (row % 1000 === 999 ? 1 : 0)) * 300_000);
    yield [moment.toISOString().slice(0, 19).replace('T', ' '), String(70 + seed / 2 ** 27)];
  }
}

function csv(rows: Iterable<[string, string]>): string {
  return `timestamp,value\n${Array.from(rows, (row) => `${row.join(',')}\n`).join('')}`;
}

/** So that few rows take several COPYs. */
const SMALL_COPIES = { rowsPerCopy: 2000 };

const temperature = () => ({ eventPublicId: laboratory.events[0]?.publicId ?? '', timezone: 'UTC' });

test('every value and timestamp comes back as it was, in order, the repeated ones too', async () => {
  const rows = [...recording(10_000)];
  expect(
    await importText(laboratory, csv(rows), { ...temperature(), onDuplicate: 'keep' }, SMALL_COPIES),
  ).toMatchObject({ rows: 10_000, bad: 0 });
  const back = await stored(laboratory);
  expect(back.map(({ timestamp, value }) => [timestamp, value])).toEqual(rows);
  expect(new Set(rows.map(([timestamp]) => timestamp)).size).toBe(rows.length - 10);
  const ids = back.map((row) => row.public_id);
  expect(ids).toEqual([...new Set(ids)].sort());
});

test('a bad line after several COPYs leaves nothing', async () => {
  const file = `${csv(recording(6000))}2026-01-01 00:00:00,x\n`;
  await expect(importText(laboratory, file, temperature(), SMALL_COPIES)).rejects.toThrow(
    'line 6002: "x" is not a valid number',
  );
  expect(await count(laboratory)).toBe(0);
});

test('several sources are one import, read one after the other, and a failure leaves nothing and names its source', async () => {
  let open = 0;
  const source = (name: string, content: string) => ({
    name,
    open: async () => {
      expect(open++).toBe(0);
      return Readable.from([Buffer.from(content)]).once('close', () => open--);
    },
  });
  const good = [source('a', csv(recording(3000))), source('b', csv([])), source('c', csv(recording(1500)))];
  const request = { events: laboratory.events, ...temperature(), onDuplicate: 'keep' } as const;
  const bad = [...good, source('d', 'timestamp,value\nx,1\n'), source('e', csv([]))];
  const failing = importDatapoints(laboratory.pool, bad, request, SMALL_COPIES);
  await expect(failing).rejects.toThrow(/^d: 1 bad line; nothing was imported\.\n {2}line 2: /);
  expect([open, await count(laboratory)]).toEqual([0, 0]);
  const { rows, files } = await importDatapoints(laboratory.pool, good, request, SMALL_COPIES);
  expect([rows, files.map(({ name, rows }) => [name, rows]), await count(laboratory)]).toEqual([
    ...[4500, Object.entries({ a: 3000, b: 0, c: 1500 }), 4500],
  ]);
  const skipBad = new PassThrough();
  const refused = importDatapoints(laboratory.pool, good, { ...request, skipBad });
  await expect(refused).rejects.toThrow('The rejected lines of several files cannot be written to one.');
});

test('a row that the server refuses leaves nothing', async () => {
  const line = (index: number) => `2026-01-01T00:00:00Z,temperature,1,${index % 6000}\n`;
  const lines = Array.from({ length: 6001 }, (_, index) => line(index));
  const file = `timestamp,event_name,value,datapoint_public_id\n${lines.join('')}`;
  await expect(importText(laboratory, file, {}, SMALL_COPIES)).rejects.toThrow(ConflictError);
  expect(await count(laboratory)).toBe(0);
});

test('a source that fails leaves nothing', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from(csv(recording(6000)));
    throw new InvalidInputError('The file is truncated.');
  }
  const failed = importDatapoints(
    laboratory.pool,
    broken(),
    { events: laboratory.events, ...temperature() },
    SMALL_COPIES,
  );
  await expect(failed).rejects.toThrow('The file is truncated.');
  expect(await count(laboratory)).toBe(0);
});

test('an interruption stops it at once, even while the source is silent, and leaves nothing', async () => {
  const source = new PassThrough();
  source.write(csv(recording(6000)));
  const interruption = new AbortController();
  const request = { events: laboratory.events, ...temperature() };
  const running = importDatapoints(laboratory.pool, source, request, {
    ...SMALL_COPIES,
    signal: interruption.signal,
    onProgress: ({ rows }) => rows >= 6000 && interruption.abort(),
  });
  await expect(running).rejects.toThrow(InterruptedError);
  expect(await count(laboratory)).toBe(0);
  const early = importDatapoints(laboratory.pool, new PassThrough(), request, { signal: AbortSignal.abort() });
  await expect(early).rejects.toThrow(InterruptedError);
});

test('a connection closed by the server leaves nothing behind', async () => {
  const sever = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'copy %' and pid <> pg_backend_pid()`;
  let severed: Promise<unknown> | undefined;
  const source = Readable.from([csv(recording(20_000))]);
  const request = { events: laboratory.events, ...temperature() };
  const running = importDatapoints(laboratory.pool, source, request, {
    ...SMALL_COPIES,
    onProgress: () => {
      severed ??= laboratory.pool.query(sever);
    },
  });
  await expect(running).rejects.toThrow();
  await severed;
  expect(await count(laboratory)).toBe(0);
});

test('kill -9 leaves no row', async () => {
  const program = await bundled(new URL('import-forever.ts', import.meta.url));
  const child = spawn(process.execPath, [program, laboratory.url, JSON.stringify(laboratory.events[0])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const others = `select 1 from pg_stat_activity where application_name = 'import-forever'`;
  await until(async () => (await laboratory.pool.query(others)).rowCount === 0);
  expect(await count(laboratory)).toBe(0);
  // It did write: the sequence does not roll back.
  const { rows } = await laboratory.pool.query<{ last: string }>('select last_value as last from datapoints_id_seq');
  expect(Number(rows[0]?.last)).toBeGreaterThan(2000);
});
