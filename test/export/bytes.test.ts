import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import pg from 'pg';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportExperiment } from '../../src/export/export-experiment.ts';
import { DEFAULT_FORM, type ExportForm } from '../../src/export/export-form.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { aRig, NUMBERS, type RigOptions, referenceCsv } from './rig.ts';
import { exported } from './sinks.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const START = `timestamptz '2026-01-01 00:00+00'`;
const RIGS: Record<string, RigOptions> = {
  'a steady rate, some seconds without a fraction': { rows: 3000, timestamp: `${START} + i * interval '0.5 s'` },
  'microseconds in a random order, with ties': {
    rows: 4000,
    timestamp: `${START} + floor(random() * 150) * interval '123457 microseconds'`,
  },
  'every row at the same time': { rows: 3000, timestamp: START },
  'two moments and nothing between them': { rows: 3000, timestamp: `${START} + (i % 2) * interval '1 microsecond'` },
  'nearly all rows at the end of a long time': {
    rows: 3000,
    timestamp: `CASE i WHEN 0 THEN '1970-01-01' ELSE ${START} + i * interval '1 ms' END`,
  },
  'times outside of the calendar': {
    rows: 9,
    timestamp: `(ARRAY['infinity', '-infinity', '0044-03-15 12:00:00.5+00 BC', '12026-01-01 00:00:00.25+00', '294276-12-31',
      '0001-01-01 00:00+00', '9999-12-30 23:59:59.999999+00', '1969-12-31 23:59:59.9+00', '2026-01-01'])[1 + i]::timestamptz`,
  },
  'all kinds of numbers': NUMBERS,
  'names that need quoting': {
    rows: 100,
    eventNames: ['comma, inside', 'a "quote"', 'two\nlines', 'cr\rhere', '温度 🌡', ' blank ', '\\.', 'tab\t', "it's"],
    unit: 'm³/h, "norm"\n',
  },
  'public ids that are no UUIDs': {
    rows: 12,
    publicId: `(ARRAY['a,b', 'a"b', E'a\\tb', E'a\\nb', E'a\\rb', E'a\\\\b', E'\\\\.', E'\\\\N', '', ' x ', repeat('"', 100), E'\\b\\f\\v'])[1 + i]`,
    eventPublicIds: ['e,1', 'e"2', 'e\\3\t\n'],
  },
  'an empty unit': { rows: 3, eventNames: ['dimensionless'], unit: '' },
  'no rows': { rows: 0, eventNames: ['silent'] },
};

describe.each(Object.entries(RIGS))('%s', (name, options) => {
  test('one to four connections write what one COPY does', async () => {
    const eventNames = (options.eventNames ?? ['a', 'b', 'c']).map((event) => `${event} of ${name}`);
    const { pool } = database;
    const { experimentPublicId } = await aRig(pool, { ...options, eventNames });
    const expected = await referenceCsv(pool, experimentPublicId);

    for (const jobs of [1, 2, 3, 4]) {
      const bytes = await exported(pool, { experimentPublicId }, { jobs, rowsPerSlice: 1000 });
      expect(bytes.equals(expected), `${jobs} jobs`).toBe(true);
    }
  });
});

test('in the form of the server times have a fraction only where there is one', async () => {
  const { pool } = database;
  const timestamp = `${START} + i * interval '0.5 s'`;
  const { experimentPublicId } = await aRig(pool, { rows: 100, timestamp, eventNames: [randomUUID()] });
  const expected = await referenceCsv(pool, experimentPublicId, 'true', 'server');

  const form: ExportForm = { ...DEFAULT_FORM, time: { format: 'server' } };
  expect((await exported(pool, { experimentPublicId }, { form })).equals(expected)).toBe(true);
});

test('memory is only reused after it was written', async () => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, {
    rows: 30_000,
    eventNames: ['n'.repeat(250), 'b'],
  });
  const pieces: Buffer[] = [];
  const copying = new Writable({
    write(bytes: Buffer, _encoding, done) {
      setImmediate(() => {
        pieces.push(Buffer.from(bytes));
        done();
      });
    },
  });
  await exportExperiment(pool, { experimentPublicId }, copying, { jobs: 3, reuseMemory: true });
  expect(Buffer.concat(pieces).equals(await referenceCsv(pool, experimentPublicId))).toBe(true);
});

test('a database without an index on experiment and time gives the same', async () => {
  await using other = await freshDatabase();
  // The server's layouts never had it.
  await other.pool.query('drop index if exists ix_datapoints_experiment_ts');
  await other.pool.query('create index on datapoints (experiment_public_id)');
  for (const timestamp of [RIGS['microseconds in a random order, with ties'], RIGS['times outside of the calendar']]) {
    const { experimentPublicId } = await aRig(other.pool, { rows: 1, ...timestamp, eventNames: [randomUUID()] });
    const bytes = await exported(other.pool, { experimentPublicId }, { jobs: 3, rowsPerSlice: 1000 });
    expect(bytes.equals(await referenceCsv(other.pool, experimentPublicId))).toBe(true);
  }
});

test('a wrong estimate changes nothing', async () => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, {
    rows: 5000,
    timestamp: `${START} + (i / 3) * interval '1 s'`,
    eventNames: [randomUUID()],
  });
  const expected = await referenceCsv(pool, experimentPublicId);
  await pool.query(`update pg_class set reltuples = 2e7 where oid = 'datapoints'::regclass`);
  const bytes = await exported(pool, { experimentPublicId }, { jobs: 3 });
  await pool.query('analyze datapoints');
  expect(bytes.equals(expected)).toBe(true);
});

test('an event whose name is empty or just like another is told apart by its public_id', async () => {
  const { pool } = database;
  const { experimentPublicId } = await aRig(pool, { rows: 4, eventNames: ['', ' '] });
  const bytes = await exported(pool, { experimentPublicId });
  expect(bytes.equals(await referenceCsv(pool, experimentPublicId))).toBe(true);
});

test('the settings of role and database make no difference', async () => {
  await using other = await freshDatabase();
  const { experimentPublicId } = await aRig(other.pool, { rows: 20_000 });
  const expected = await referenceCsv(other.pool, experimentPublicId);
  await other.pool.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Kolkata');
    EXECUTE format('ALTER DATABASE %I SET datestyle = %L', current_database(), 'German');
    EXECUTE format('ALTER DATABASE %I SET extra_float_digits = %L', current_database(), '-5');
    EXECUTE format('ALTER DATABASE %I SET statement_timeout = %L', current_database(), '20ms');
    EXECUTE format('ALTER DATABASE %I SET enable_indexscan = %L', current_database(), 'off');
  END $$`);
  const pool = new pg.Pool({ connectionString: other.url });

  const bytes = await exported(pool, { experimentPublicId }).finally(() => pool.end());

  expect(bytes.equals(expected)).toBe(true);
});
