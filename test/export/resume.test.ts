import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConflictError, InterruptedError, InvalidInputError } from '../../src/errors.ts';
import { type ExportOptions, type ExportRequest, exportExperiment } from '../../src/export/export-experiment.ts';
import { DEFAULT_FORM, type ExportForm } from '../../src/export/export-form.ts';
import { exportToFile, type FileExportOptions } from '../../src/export/export-to-file.ts';
import { discardInterrupted } from '../../src/export/resume.ts';
import { defined } from '../../src/text/defined.ts';
import { bundled } from '../support/bundled.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';
import { aRig, type Rig } from './rig.ts';
import { exported } from './sinks.ts';

/** About 1.5 MB. */
const ROWS = 10_000;
const STOPPED_AT = 700_000;

let database: FreshDatabase;
let rig: Rig;
const folder = temporaryDirectory();
beforeAll(async () => {
  database = await freshDatabase();
  rig = await aRig(database.pool, {
    rows: ROWS,
    timestamp: `timestamptz '2026-01-01 00:00+00' + (i / 3) * interval '1 s'`,
    eventNames: ['a "quote"', 'two\nlines'],
  });
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await database[Symbol.asyncDispose]();
});

let path = '';
let part = '';
let files = 0;
beforeEach(() => {
  path = join(folder.path, `run-${++files}`);
  part = join(folder.path, `.run-${files}.partial`);
});

type RunOptions = ExportOptions & FileExportOptions & { request?: ExportRequest };

async function run({ request, form = DEFAULT_FORM, jobs, onProgress, ...options }: RunOptions = {}) {
  const all = { experimentPublicId: rig.experimentPublicId, ...request };
  const { signal } = options;
  return await exportToFile(
    database.pool,
    { request: all, form },
    path,
    async (stream, more) => {
      const every = { form, ...defined({ jobs, onProgress, signal }), rowsPerSlice: 500 };
      return await exportExperiment(database.pool, all, stream, { ...every, ...more });
    },
    { resume: true, bytesPerState: 100_000, ...options },
  );
}

/** Interrupts the export once there is a state, which it keeps. */
async function interrupt(options: RunOptions = {}): Promise<void> {
  const abort = new AbortController();
  const onProgress = ({ bytes }: { bytes: number }) => bytes > STOPPED_AT && abort.abort(new Error('enough'));
  await expect(run({ ...options, signal: abort.signal, onProgress })).rejects.toThrow(InterruptedError);
  expect(existsSync(path)).toBe(false);
}

const expected = async (form = DEFAULT_FORM) =>
  await exported(database.pool, { experimentPublicId: rig.experimentPublicId }, { form });

const FORMS: Record<string, ExportForm> = {
  csv: DEFAULT_FORM,
  tsv: { ...DEFAULT_FORM, encoding: { kind: 'csv', delimiter: '\t' } },
  ndjson: { ...DEFAULT_FORM, encoding: { kind: 'ndjson' } },
};

describe.each(Object.entries(FORMS))('%s', (_name, form) => {
  test('goes on where it was interrupted, byte for byte', async () => {
    await interrupt({ form, jobs: 3 });
    const { rows, resumedRows, sha256 } = await run({ form, jobs: 1, checksum: true });
    expect(readFileSync(path).equals(await expected(form))).toBe(true);
    expect([rows, resumedRows]).toEqual([ROWS, expect.any(Number)]);
    expect(readFileSync(`${path}.sha256`, 'utf8')).toBe(`${sha256}  run-${files}\n`);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

test('killed with -9 at three moments, it goes on each time', async () => {
  const program = await bundled(new URL('resume-slowly.ts', import.meta.url));
  for (const bytes of [0.2, 0.6, 1]) {
    const child = spawn(process.execPath, [program, database.url, rig.experimentPublicId, path], { stdio: 'inherit' });
    await until(() => existsSync(`${part}.json`) && statSync(part).size > bytes * 1_000_000, { everyMs: 5 });
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const { resumedRows } = await run();
  expect(resumedRows).toBeGreaterThan(0);
  expect(readFileSync(path).equals(await expected())).toBe(true);
});

test('a lost connection leaves what is kept, and says how much', async () => {
  // Not that of the lock, which may be in the pool again, where a test has nobody for its errors.
  const lose = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid() and state <> 'idle' and query not like '%advisory%'`;
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  const losses: Promise<unknown>[] = [];
  let kept = 0;
  const done = run({
    // Slice by slice, so that it is not at its end before the connection is lost.
    jobs: 1,
    onProgress: ({ bytes }) => bytes > STOPPED_AT && losses.length === 0 && losses.push(other.query(lose)),
    onKept: async (rows) => {
      kept = rows;
    },
  });
  await expect(done).rejects.toThrow(/terminat|connection/i);
  await Promise.all(losses);
  await other.end();
  expect(kept).toBeGreaterThan(0);
  expect((await run()).resumedRows).toBe(kept);
  expect(readFileSync(path).equals(await expected())).toBe(true);
});

test('interrupted before anything is kept, it leaves nothing, and says so', async () => {
  const abort = new AbortController();
  const done = run({ signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) });
  await expect(done).rejects.toThrow('Interrupted. No rows are kept');
  expect(readdirSync(folder.path).filter((name) => name.includes(`run-${files}`))).toEqual([]);
});

const AT = `experiment_public_id = $1 and timestamp = '2026-01-01 00:00:09+00'`;
const CHANGES: [string, string, RegExp][] = [
  ['changed', `update datapoints set value = -value where ${AT}`, /Datapoints before .* have been added, changed/],
  ['deleted', `delete from datapoints where id = (select min(id) from datapoints where ${AT})`, /Datapoints before/],
  [
    'added',
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
       select gen_random_uuid(), value, timestamp, event_public_id, experiment_public_id from datapoints where ${AT} limit 1`,
    /Datapoints before/,
  ],
  [
    'renamed',
    `update events set unit = unit || '!' where public_id in (select event_public_id from datapoints where ${AT})`,
    /The name or the unit of event "/,
  ],
];

test.each(CHANGES)('something %s below the cut is refused, and starts anew with --force', async (_how, sql, why) => {
  await interrupt();
  await database.pool.query(sql, [rig.experimentPublicId]);
  const kept: number[] = [];
  await expect(run({ onKept: async (rows) => void kept.push(rows) })).rejects.toThrow(ConflictError);
  await expect(run()).rejects.toThrow(why);
  expect(kept, 'it cannot be gone on with').toEqual([]);
  const { resumedRows } = await run({ force: true });
  expect(resumedRows).toBeUndefined();
  expect(readFileSync(path).equals(await expected())).toBe(true);
});

test('something added after the cut is exported with the rest', async () => {
  await interrupt();
  await database.pool.query(
    `insert into datapoints (public_id, value, timestamp, event_public_id, experiment_public_id)
     values (gen_random_uuid(), 1, '2026-01-01 01:00+00', $1, $2)`,
    [rig.eventPublicIds[0], rig.experimentPublicId],
  );
  expect((await run()).resumedRows).toBeGreaterThan(0);
  expect(readFileSync(path).equals(await expected())).toBe(true);
});

test.each<[string, RunOptions]>([
  ['with other options of the format', { form: { ...DEFAULT_FORM, time: { format: 'server' } } }],
  ['with other datapoints', { request: { from: '2026-01-01' } }],
])('with other options it is refused: it was started %s', async (why, options) => {
  await interrupt();
  const done = run(options);
  await expect(done).rejects.toThrow(why);
  await expect(done).rejects.toMatchObject({ hint: expect.stringContaining('--force') });
});

test.each([
  ['is cut', () => truncateSync(part, 1000)],
  ['was changed', () => writeFileSync(part, 'x', { flag: 'r+' })],
  ['has a state of something else', () => writeFileSync(`${part}.json`, '{"cut":{}}')],
])('a part that %s is not gone on with', async (_how, damage) => {
  await interrupt();
  damage();
  expect((await run()).resumedRows).toBeUndefined();
  expect(readFileSync(path).equals(await expected())).toBe(true);
});

test('two at once do not write one file', async () => {
  let other: Promise<unknown> | undefined;
  await run({
    onProgress: () => {
      other ??= run().catch((error: unknown) => error);
    },
  });
  expect(await other).toMatchObject({ message: expect.stringContaining('Another export with --resume') });
  expect(readFileSync(path).equals(await expected())).toBe(true);
});

test('what another program writes into it is found', async () => {
  const done = run({ onProgress: () => writeFileSync(part, 'more', { flag: 'a' }) });
  await expect(done).rejects.toThrow('changed by another program');
  expect(existsSync(path)).toBe(false);
});

const hidden = () => readdirSync(folder.path).filter((name) => name.startsWith(`.run-${files}.`));

test('an export without --resume removes what is kept once it is complete, and says how many rows that were', async () => {
  await interrupt();
  const failing = run({ resume: false, request: { from: 'nonsense' } });
  await expect(failing).rejects.toThrow('nonsense');
  expect(hidden()).toEqual([`.run-${files}.partial`, `.run-${files}.partial.json`]);
  expect((await run({ resume: false })).discardedRows).toBeGreaterThan(0);
  expect(readFileSync(path).equals(await expected())).toBe(true);
  expect(hidden()).toEqual([]);
  expect((await run({ resume: false, force: true })).discardedRows).toBeUndefined();
});

test('what another export is going on with is not removed', async () => {
  await interrupt();
  let discarded: Promise<unknown> | undefined;
  const { resumedRows } = await run({
    onProgress: () => {
      discarded ??= discardInterrupted(database.pool, path);
    },
  });
  expect([await discarded, resumedRows]).toEqual([undefined, expect.any(Number)]);
});

test.each(['.gz', '.zst'])('%s cannot be resumed', async (suffix) => {
  path += `.csv${suffix}`;
  await expect(run()).rejects.toThrow(InvalidInputError);
});
