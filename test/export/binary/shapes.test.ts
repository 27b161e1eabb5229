import { parse } from 'csv-parse/sync';
import { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_FORM, type ExportForm } from '../../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../../support/database.ts';
import { parquetRows } from '../read-back.ts';
import { aRig, type Rig } from '../rig.ts';
import { exported } from '../sinks.ts';

let database: FreshDatabase;
let rigs: Rig[];
beforeAll(async () => {
  database = await freshDatabase();
  const timestamp = `timestamptz '2026-03-28 22:00+00' + i * interval '7.5 s' + (i / 500) * interval '1 h'`;
  rigs = [
    await aRig(database.pool, { rows: 2000, timestamp, eventNames: ['a', 'b', 'c'] }),
    await aRig(database.pool, { rows: 10, timestamp, eventNames: ['d'] }),
  ];
});
afterAll(() => database[Symbol.asyncDispose]());

const BUCKETS = { kind: 'buckets', seconds: 600, timezone: 'Europe/Berlin' } as const;
const FORMS: [string, Partial<ExportForm>][] = [
  ['buckets', { shape: { ...BUCKETS, aggregates: ['mean', 'count', 'stddev'] } }],
  ['wide buckets with gaps', { shape: { ...BUCKETS, wide: true, fill: 'null' } }],
  ['chosen columns', { columns: ['value', 'timestamp', 'event_name'] }],
  ['a long export without ids', { shape: { kind: 'long', ids: false } }],
];

test.each(FORMS)('%s: Parquet and XLSX have what CSV has', async (_what, part) => {
  const [request = { experimentPublicId: '' }] = rigs;
  await expectSame(request, { ...DEFAULT_FORM, ...part });
});

test('several experiments in one file: Parquet and XLSX have what CSV has', async () => {
  await expectSame({ experimentPublicId: rigs.map((rig) => rig.experimentPublicId) }, DEFAULT_FORM);
});

async function expectSame(request: Parameters<typeof exported>[1], form: ExportForm): Promise<void> {
  const fileOf = (encoding: ExportForm['encoding']) =>
    exported(database.pool, request, { form: { ...form, encoding }, rowsPerSlice: 500 });
  const [titles = [], ...expected] = parse(await fileOf({ kind: 'csv' })) as string[][];
  expect(expected.length).toBeGreaterThan(10);

  const parquet = await parquetRows(await fileOf({ kind: 'parquet' }));
  expect(Object.keys(parquet[0] ?? {})).toEqual(titles);
  expect(parquet.map((row) => Object.values(row).map(asText))).toEqual(expected);

  const [head, ...rows] = await readSheet(await fileOf({ kind: 'xlsx' }), 'Datapoints');
  expect(head).toEqual(titles);
  expect(rows.map((row) => row.map(asText))).toEqual(expected);
}

function asText(value: unknown): string {
  if (typeof value === 'bigint' || value instanceof Date) {
    const time = new Date(typeof value === 'bigint' ? Number(value / 1000n) : value);
    return time.toISOString().replace('Z', '000+00:00');
  }
  return value === null ? '' : String(value);
}
