import { afterAll, beforeAll, expect, test } from 'vitest';
import { InvalidInputError, NotFoundError } from '../../src/errors.ts';
import type { ExportProgress } from '../../src/export/export-experiment.ts';
import { exportFileNames } from '../../src/export/file-name.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { aRig, type Rig, referenceCsv } from './rig.ts';
import { exported } from './sinks.ts';

let database: FreshDatabase;
let rig: Rig;
beforeAll(async () => {
  database = await freshDatabase();
  rig = await aRig(database.pool, {
    rows: 30_000,
    timestamp: `timestamptz '2026-01-01 00:00+00' + i * interval '1 s'`,
  });
});
afterAll(() => database[Symbol.asyncDispose]());

test('from is inclusive, to is exclusive, and without an offset they are UTC', async () => {
  const { experimentPublicId } = rig;
  const range = { from: '2026-01-01T01:00:00', to: '2026-01-01T03:30:00+01:00' };
  const bytes = await exported(database.pool, { experimentPublicId, ...range });
  const expected = await referenceCsv(
    database.pool,
    experimentPublicId,
    `d.timestamp >= '2026-01-01 01:00+00' AND d.timestamp < '2026-01-01 02:30+00'`,
  );
  expect(bytes.equals(expected)).toBe(true);
  expect(expected.toString().split('\n')[1]).toMatch(/^2026-01-01T01:00:00\.000000\+00:00,/);
});

test('only the events asked for are exported', async () => {
  const [first = '', , third = ''] = rig.eventPublicIds;
  const bytes = await exported(database.pool, { ...rig, eventPublicIds: [third, first] });
  const expected = await referenceCsv(
    database.pool,
    rig.experimentPublicId,
    `d.event_public_id IN ('${first}', '${third}')`,
  );
  expect(bytes.equals(expected)).toBe(true);
});

test('a range without datapoints is a header', async () => {
  const bytes = await exported(database.pool, { experimentPublicId: rig.experimentPublicId, from: '2030-01-01' });
  expect(bytes.toString()).toBe('timestamp,event_name,event_public_id,value,unit,datapoint_public_id\n');
});

test('progress counts up to all rows and bytes, of a total known from the start', async () => {
  const seen: ExportProgress[] = [];
  const bytes = await exported(
    database.pool,
    { experimentPublicId: rig.experimentPublicId },
    { onProgress: (progress) => seen.push(progress) },
  );
  expect(seen.at(-1)).toEqual({ rows: 30_000, datapoints: 30_000, bytes: bytes.length, totalDatapoints: 30_000 });
  expect(new Set(seen.map((progress) => progress.totalDatapoints))).toEqual(new Set([30_000]));
});

test.each([
  ['an unknown experiment', { experimentPublicId: 'none' }, NotFoundError],
  ['an unknown event', { eventPublicIds: ['none'] }, NotFoundError],
  ['a time in words', { from: 'yesterday' }, InvalidInputError],
  ['a day that does not exist', { to: '2026-02-30' }, InvalidInputError],
  ['an end before the beginning', { from: '2026-02-01', to: '2026-01-01' }, InvalidInputError],
])('%s is refused, and the pool remains usable', async (_name, request, kind) => {
  const { experimentPublicId } = rig;
  await expect(exported(database.pool, { experimentPublicId, ...request })).rejects.toThrow(kind);
  expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test.each([
  ['Bed run 1/2', 'experiment_Bed_run_1-2_0198d5a0.csv'],
  ['../../etc/passwd', 'experiment_..-..-etc-passwd_0198d5a0.csv'],
  ['..', 'experiment_.._0198d5a0.csv'],
  ['a\\b\0c\nd\u202ee', 'experiment_a-b_c_d_e_0198d5a0.csv'],
  ['a\u200bb\u{e0041}c\u200f', 'experiment_a_b_c__0198d5a0.csv'],
  ['Versuch 温度', 'experiment_Versuch_温度_0198d5a0.csv'],
])('the file of experiment %j is %s', (name, file) => {
  const experiment = { name, publicId: '0198d5a0-7000-7000-8000-000000000000' };
  expect(exportFileNames([{ experiment }], '.csv')).toEqual([file]);
});

test('a long name is truncated between characters, to the limit of file names', () => {
  const experiment = { name: '🌡'.repeat(255), publicId: '0198d5a0-7000' };
  const [file = ''] = exportFileNames([{ experiment }], '.csv');
  expect(Buffer.byteLength(file)).toBeLessThanOrEqual(251);
  expect(file).toMatch(/^experiment_(🌡)+_0198d5a0\.csv$/u);
});
